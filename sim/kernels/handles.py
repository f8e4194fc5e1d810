"""How kernels are compiled and handed their arrays: the address of a table of addresses stands for a tuple of arrays.

numba passes a tuple of arrays by value, word by word: model, state and tally are a hundred arrays, a thousand words a call, and compiling
the engine that way took more than ten minutes (and counting references to arrays took half the running time). A handle passes one whole number;
an accessor made here reads a field through it, at no cost after inlining. The `Handle` must outlive the calls it is used in. Without JIT a handle's
address is the tuple itself and an accessor plain attribute access, so the same kernels run as Python.
"""

from collections import namedtuple
from types import ModuleType

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype

DIMENSIONS = 6
WORDS = 2 * DIMENSIONS  # per field: address, up to six dimensions, and the bytes from one entry to the next along each but the last


def _reader(index, dtype, ndim):
    """Return the intrinsic that reads field `index` (of `ndim` dimensions) through a handle's address.

    Of arrays of records, and those of three dimensions or more, bytes from entry to entry are looked up too: numba works them out at every access to
    an array it knows to be contiguous.
    """
    strided = ndim > 2 or (ndim > 1 and dtype.names is not None)
    kind = types.Array(from_dtype(dtype), ndim, "A" if strided else "C")

    @intrinsic
    def read(typingctx, address):
        """Return the array of the field, through the handle at an address."""
        def codegen(context, builder, signature, arguments):
            """Write the code: the field's address and dimensions from the table, its strides from them."""
            table = builder.inttoptr(arguments[0], cgutils.intp_t.as_pointer())

            def word(i):
                """Return a word of the table. No kernel writes to it, so a store need not make it be read again."""
                loaded = builder.load(builder.gep(table, [context.get_constant(types.intp, index * WORDS + i)]))
                loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
                return loaded

            words = [word(i) for i in range(ndim + 1)]
            array = context.make_array(kind)(context, builder)
            itemsize = context.get_constant(types.intp, dtype.itemsize)
            strides = [word(1 + DIMENSIONS + i) for i in range(ndim - 1)] + [itemsize]
            data = builder.inttoptr(words[0], array.data.type)
            populate_array(array, data=data, shape=words[1:], strides=strides, itemsize=itemsize, meminfo=None)
            return array._getvalue()

        return kind(types.int64), codegen

    return read


def accessors(fields):
    """Return a reader for each field of a tuple, as a module of functions (numba reads functions off modules).

    `fields` is {name: (dtype, dimensions, what it is)}.
    """
    readers = ModuleType("readers")
    for index, (name, (dtype, ndim, _)) in enumerate(fields.items()):
        plain = numba.config.DISABLE_JIT
        setattr(readers, name, _attribute(name) if plain else _reader(index, np.dtype(dtype), ndim))
    return readers


def _attribute(name):
    return lambda handle: getattr(handle, name)


Handle = namedtuple("Handle", "address table arrays")


def pack(arrays, fields):
    """Return the handle of a tuple of arrays.

    Raises
    ------
    TypeError
        If an array is not of the type and shape its field says, or not C-contiguous.
    """
    if numba.config.DISABLE_JIT:
        return Handle(arrays, None, arrays)
    table = np.zeros(len(fields) * WORDS, np.int64)
    for index, (name, (dtype, ndim, _)) in enumerate(fields.items()):
        array = getattr(arrays, name)
        if array.dtype != np.dtype(dtype) or array.ndim != ndim or not array.flags.c_contiguous:
            raise TypeError(f"{name}: {array.dtype} in {array.ndim} dimensions, expected {np.dtype(dtype)} in {ndim}, C-contiguous")
        table[index * WORDS] = array.ctypes.data
        table[index * WORDS + 1 : index * WORDS + 1 + ndim] = array.shape
        table[index * WORDS + 1 + DIMENSIONS : index * WORDS + DIMENSIONS + ndim] = array.strides[:-1]
    return Handle(table.ctypes.data, table, arrays)

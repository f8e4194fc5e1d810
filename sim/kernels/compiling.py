"""How kernels are compiled: `entry` for those Python calls, `kernel` for those only kernels call, `keep_whole` against copies.

numba makes machine code of every function it compiles, with all that the function calls linked in: over a call graph this deep each small
kernel was optimised and translated dozens of times, two thirds of the minute that compilation took. A `kernel` is therefore only lowered; what it
becomes is settled once, in the `entry` it is linked into. This steps in at numba's own extension point (a pipeline class), and replaces one of
its classes, so the range of numba versions in pyproject.toml is narrow.

No kernel counts an index from the end, so the code numba puts around every index to allow for that (a load, a comparison and a choice for each
dimension) is left out of both kinds. No kernel raises, so a call is not followed by a look at how it went.
"""

import numba
from numba import njit, types
from numba.core import callconv, cgutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.typed_passes import NativeLowering
from numba.extending import intrinsic
from numba.np import arrayobj

CACHE_LINE, ASKED_BYTES = 64, 128
ir = cgutils.ir


class _NoEnvironment:
    """A code generator that hands no environment to functions: a kernel raises nothing and meets no Python object."""

    def __init__(self, codegen):
        self._codegen = codegen

    def __getattr__(self, name):
        return getattr(self._codegen, name)

    def set_env(self, name, environment):
        """Do nothing: there is no machine code to hand it to."""


class _LinkedLibrary(JITCodeLibrary):
    """Code that is only ever linked into other code: neither optimised nor translated by itself."""

    codegen = property(lambda self: _NoEnvironment(self._codegen))

    def finalize(self):
        """Gather what the code calls, and no more."""
        self._raise_if_finalized()
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True

    def get_pointer_to_function(self, name):
        """Return the null pointer: nothing outside compiled code may call this."""
        self._ensure_finalized()
        return 0


@register_pass(mutates_CFG=False, analysis_only=False)
class _LinkOnly(LoweringPass):
    _name = "link_only"

    def __init__(self):
        LoweringPass.__init__(self)

    def run_pass(self, state):
        """Give what is being compiled a library that is only linked into others."""
        state.library = _LinkedLibrary(state.targetctx.codegen(), state.func_id.func_qualname)
        return True


def _index_as_it_is(context, builder, kind, index, size):
    """Take an index as counted from the start."""
    return context.cast(builder, index, kind, types.intp)


_numbas_call = callconv.CPUCallConv.call_function


def _call_that_succeeds(convention, builder, callee, result, kinds, arguments, attrs=None):
    """Call compiled code from compiled code without looking whether it raised, and without room for what it might have raised."""
    ours = builder.function.args
    if len(ours) < 2 or ours[1].name != "excinfo":  # called from a wrapper for Python
        return _numbas_call(convention, builder, callee, result, kinds, arguments, attrs)
    with builder.goto_entry_block():
        place = builder.alloca(convention.get_return_type(result).pointee)
    given = convention._get_arg_packer(kinds).as_arguments(builder, list(arguments))
    builder.call(callee, [place, ours[1], *given], attrs=tuple(attrs or ()))
    yes, no = ir.Constant(ir.IntType(1), 1), ir.Constant(ir.IntType(1), 0)
    status = callconv.Status(
        code=callconv.RETCODE_OK, is_ok=yes, is_none=no, is_error=no, is_stop_iteration=no, is_python_exc=no, is_user_exc=no,
        excinfoptr=ir.Constant(callconv.excinfo_ptr_t, None),
    )  # fmt: skip
    return status, convention.context.get_returned_value(builder, result, builder.load(place))


@register_pass(mutates_CFG=True, analysis_only=False)
class _PlainTranslation(NativeLowering):
    """numba's translation, with plain indices and calls that succeed. It runs under numba's compiler lock: nothing else is translated meanwhile."""

    _name = "plain_translation"

    def run_pass(self, state):
        """Translate, the hooks for indices and calls replaced meanwhile."""
        before, arrayobj.fix_integer_index = arrayobj.fix_integer_index, _index_as_it_is
        callconv.CPUCallConv.call_function = _call_that_succeeds
        try:
            return super().run_pass(state)
        finally:
            arrayobj.fix_integer_index, callconv.CPUCallConv.call_function = before, _numbas_call


class _EntryCompiler(CompilerBase):
    """numba's pipeline with plain translation."""

    link_only = False

    def define_pipelines(self):
        """Return numba's own pipeline, its translation replaced (and, for a kernel, its library before that)."""
        manager = DefaultPassBuilder.define_nopython_pipeline(self.state)
        at = [found for found, _ in manager.passes].index(NativeLowering)
        manager.passes[at] = (_PlainTranslation, "translate, indices as they are, calls that succeed")
        if self.link_only:
            manager.passes.insert(at, (_LinkOnly, "into code that is only linked"))
        manager.finalize()
        return [manager]


class _KernelCompiler(_EntryCompiler):
    """The same, into code that is only linked."""

    link_only = True


entry = njit(cache=True, nogil=True, error_model="numpy", pipeline_class=_EntryCompiler)  # a kernel that Python calls
kernel = njit(nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_KernelCompiler)
# The same for long sums of which only the value matters, not the last bit: terms may be added in any order, several at once.
ANY_ORDER = {"reassoc", "contract", "nsz"}
sums = njit(cache=True, nogil=True, error_model="numpy", fastmath=ANY_ORDER, pipeline_class=_EntryCompiler)
part_of_sums = njit(
    nogil=True, error_model="numpy", fastmath=ANY_ORDER, no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_KernelCompiler,
)  # fmt: skip


@intrinsic
def _never_inline(typingctx):
    """Mark the function being compiled as not to be inlined."""

    def codegen(context, builder, signature, arguments):
        """Mark the function whose code is written."""
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def _always_inline(typingctx):
    """Mark the function being compiled as always to be inlined."""

    def codegen(context, builder, signature, arguments):
        """Mark the function whose code is written."""
        builder.function.attributes.add("alwaysinline")
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def _ask_for(typingctx, record):
    """Ask for a record's first cache lines, to be there when it is read: what is read most comes first."""

    def codegen(context, builder, signature, arguments):
        """Write a request for each of the first lines."""
        byte, word = ir.IntType(8), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), word, word, word])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        start = builder.bitcast(arguments[0], byte.as_pointer())
        for offset in range(0, min(record.size, ASKED_BYTES), CACHE_LINE):
            address = builder.gep(start, [word(offset)])
            builder.call(function, [address, word(1), word(3), word(1)])  # to be written, kept close, data
        return context.get_dummy_value()

    return types.void(record), codegen


def _nothing(*_):
    """Stand for `keep_whole`, `copy_in` and `prefetch` without JIT."""


# Called first in a kernel, it keeps the kernel whole: LLVM would otherwise copy the large ones into every caller, and into those callers'
# callers, and compile for minutes.
keep_whole = _nothing if numba.config.DISABLE_JIT else _never_inline

# Called first in a kernel, it has the kernel copied into its callers, however many there are.
copy_in = _nothing if numba.config.DISABLE_JIT else _always_inline

# Ask early for the memory of a record: no effect but on speed.
prefetch = _nothing if numba.config.DISABLE_JIT else _ask_for

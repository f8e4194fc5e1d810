"""Addressed randomness: Philox4x32-10, a pure function of (key, counter).

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. The test vectors of their
Random123 library are checked in the tests. 32-bit words are carried in 64-bit integers, so the same code runs with and without JIT.
"""

import math

import numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.kernels.compiling import entry, keep_whole

_M0 = 0xD2511F53
_M1 = 0xCD9E8D57
_W0 = 0x9E3779B9
_W1 = 0xBB67AE85
_MASK = 0xFFFFFFFF
_LANES = 4


@entry
def philox4x32(k0, k1, c0, c1, c2, c3):
    """Return the four 32-bit output words of Philox4x32-10 for key (k0, k1) and counter (c0, c1, c2, c3)."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = ((p1 >> 32) & _MASK) ^ c1 ^ k0, p1 & _MASK, ((p0 >> 32) & _MASK) ^ c3 ^ k1, p0 & _MASK
        k0 = (k0 + _W0) & _MASK
        k1 = (k1 + _W1) & _MASK
    return c0, c1, c2, c3


@entry
def uniform(seed, replicate, entity, who, name, occurrence):
    """Return the 53-bit uniform in (0, 1) at this address.

    `who` is authority code · 2^16 + stream · 2^8 + unit; `name` the 32-bit hash of the draw's name.
    """
    keep_whole()
    a, b, _, _ = philox4x32(seed, replicate, entity, who, name, occurrence)
    return ((a >> 5) * 67108864.0 + (b >> 6) + 0.5) * (1.0 / 9007199254740992.0)


@entry
def uniform_pair(seed, replicate, entity, who, name, occurrence):
    """Return two independent 53-bit uniforms in (0, 1) at this address, the first equal to `uniform`'s."""
    keep_whole()
    a, b, c, d = philox4x32(seed, replicate, entity, who, name, occurrence)
    first = ((a >> 5) * 67108864.0 + (b >> 6) + 0.5) * (1.0 / 9007199254740992.0)
    return first, ((c >> 5) * 67108864.0 + (d >> 6) + 0.5) * (1.0 / 9007199254740992.0)


@entry
def threshold(seed, replicate, entity, who, name, occurrence):
    """Return the unit-exponential threshold at this address."""
    keep_whole()
    return -math.log(uniform(seed, replicate, entity, who, name, occurrence))


@intrinsic
def _four_at_once(typingctx, seed, replicate, entity, who, name_0, name_1, name_2, name_3, occurrence):
    """Return the uniforms of four names at an address: Philox on vectors, lane by lane what `uniform` does."""

    def codegen(context, builder, signature, arguments):
        ir, word = cgutils.ir, cgutils.ir.IntType(64)
        lanes, reals = ir.VectorType(word, _LANES), ir.VectorType(ir.DoubleType(), _LANES)

        def of(values, kind=lanes):
            vector = ir.Constant(kind, ir.Undefined)
            for i, value in enumerate(values):
                vector = builder.insert_element(vector, value, ir.IntType(32)(i))
            return vector

        def same(value):
            return of([value] * _LANES)

        def number(value):
            return ir.Constant(lanes, [value] * _LANES)

        def low(vector):
            return builder.and_(vector, number(_MASK))

        def high(vector):
            return builder.lshr(vector, number(32))

        seed, replicate, entity, who, *names, occurrence = (
            context.cast(builder, value, kind, types.int64) for value, kind in zip(arguments, signature.args, strict=True)
        )
        c0, c1, c2, c3, k0, k1 = same(entity), same(who), of(names), same(occurrence), seed, replicate
        for _ in range(10):
            p0, p1 = builder.mul(low(c0), number(_M0)), builder.mul(low(c2), number(_M1))
            c0 = builder.xor(high(p1), low(builder.xor(c1, same(k0))))
            c2 = builder.xor(high(p0), low(builder.xor(c3, same(k1))))
            c1, c3 = p1, p0
            k0, k1 = builder.add(k0, word(_W0)), builder.add(k1, word(_W1))
        a = builder.sitofp(builder.lshr(low(c0), number(5)), reals)
        b = builder.sitofp(builder.lshr(low(c1), number(6)), reals)
        scale, half, unit = (ir.Constant(reals, [x] * _LANES) for x in (67108864.0, 0.5, 1.0 / 9007199254740992.0))
        u = builder.fmul(builder.fadd(builder.fadd(builder.fmul(a, scale), b), half), unit)
        return context.make_tuple(builder, signature.return_type, [builder.extract_element(u, ir.IntType(32)(i)) for i in range(_LANES)])

    arguments = (seed, replicate, entity, who, name_0, name_1, name_2, name_3, occurrence)
    return types.UniTuple(types.float64, _LANES)(*arguments), codegen


def _one_by_one(seed, replicate, entity, who, name_0, name_1, name_2, name_3, occurrence):
    """Do the same without JIT."""
    return tuple(uniform(seed, replicate, entity, who, name, occurrence) for name in (name_0, name_1, name_2, name_3))


four_uniforms = _one_by_one if numba.config.DISABLE_JIT else _four_at_once

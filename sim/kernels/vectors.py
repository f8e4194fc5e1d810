"""What is done to all the transitions of a stage at once: drawing their thresholds, and bounding when each may fire.

Written in LLVM's vectors, since numba makes none of a loop over part of a record. Lane by lane the bits are those of the plain functions, which
stand in without JIT.
"""

import math

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.kernels.layout import MAX_TRANSITIONS, SLOT
from sim.kernels.rng import M0, M1, MASK, W0, W1, uniform

INF = math.inf
LANES = 4
RESIDUAL = SLOT.fields["residual"][1]  # bytes from the start of a slot
ir = cgutils.ir
REAL, WORD, BYTE, BIT = ir.DoubleType(), ir.IntType(64), ir.IntType(8), ir.IntType(1)
REALS, WORDS = ir.VectorType(REAL, LANES), ir.VectorType(WORD, LANES)


def _constant(kind, value):
    return ir.Constant(kind, [value] * LANES)


def _lane(i):
    return ir.Constant(ir.IntType(32), i)


def _same(builder, value, kind):
    """Return a vector of one value."""
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _lane(0))
    return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _residuals_of(builder, slot, j):
    """Return the address of four residuals of a slot, from the j-th (a number, or a value of the program)."""
    start = builder.gep(builder.bitcast(slot, BYTE.as_pointer()), [ir.Constant(WORD, RESIDUAL)])
    at = ir.Constant(WORD, j) if isinstance(j, int) else j
    return builder.bitcast(builder.gep(builder.bitcast(start, REAL.as_pointer()), [at]), REALS.as_pointer())


def _row_of(context, builder, kind, array, *indices):
    """Return the address of four entries of a contiguous array from an element on."""
    array = context.make_array(kind)(context, builder, array)
    shape = cgutils.unpack_tuple(builder, array.shape)
    at = indices[0]
    for index, length in zip(indices[1:], shape[1:], strict=True):
        at = builder.add(builder.mul(at, length), index)
    return builder.gep(array.data, [at])


# ---------------------------------------------------------------- thresholds


@intrinsic
def _draw_four(typingctx, slot, j, n, seed, replicate, entity, who, names, first, occurrence):
    def codegen(context, builder, signature, arguments):
        """Write the code: draw four, keep minus the uniform where the stage has a transition."""
        slot, *rest = arguments
        j, n, seed, replicate, entity, who, _, first, occurrence = (
            value if index == 6 else context.cast(builder, value, kind, types.int64)
            for index, (value, kind) in enumerate(zip(rest, signature.args[1:], strict=True))
        )
        at = _row_of(context, builder, signature.args[7], arguments[7], first)
        named = builder.load(builder.bitcast(at, WORDS.as_pointer()), align=8)
        u = _philox(builder, entity, who, named, occurrence, seed, replicate)
        lanes = ir.Constant(WORDS, list(range(LANES)))
        drawn = builder.icmp_signed("<", builder.add(lanes, _same(builder, j, WORDS)), _same(builder, n, WORDS))
        kept = builder.select(drawn, builder.fneg(u), _constant(REALS, INF))
        builder.store(kept, _residuals_of(builder, slot, j), align=8)
        return context.get_dummy_value()

    return types.void(slot, j, n, seed, replicate, entity, who, names, first, occurrence), codegen


def _philox(builder, entity, who, names, occurrence, seed, replicate):
    """Return the uniforms of four names at an address: lane by lane what `uniform` does."""

    def low(vector):
        """Return the low 32 bits of each lane."""
        return builder.and_(vector, _constant(WORDS, MASK))

    def high(vector):
        """Return the high 32 bits of each lane."""
        return builder.lshr(vector, _constant(WORDS, 32))

    c0, c1, c2, c3 = _same(builder, entity, WORDS), _same(builder, who, WORDS), names, _same(builder, occurrence, WORDS)
    k0, k1 = seed, replicate
    for _ in range(10):
        p0, p1 = builder.mul(low(c0), _constant(WORDS, M0)), builder.mul(low(c2), _constant(WORDS, M1))
        c0 = builder.xor(high(p1), low(builder.xor(c1, _same(builder, k0, WORDS))))
        c2 = builder.xor(high(p0), low(builder.xor(c3, _same(builder, k1, WORDS))))
        c1, c3 = p1, p0
        k0, k1 = builder.add(k0, WORD(W0)), builder.add(k1, WORD(W1))
    halves = ir.VectorType(ir.IntType(32), LANES)  # 27 and 26 bits: processors turn 32-bit words into reals in one step, 64-bit ones not all
    a = builder.sitofp(builder.trunc(builder.lshr(low(c0), _constant(WORDS, 5)), halves), REALS)
    b = builder.sitofp(builder.trunc(builder.lshr(low(c1), _constant(WORDS, 6)), halves), REALS)
    scale, half, unit = (_constant(REALS, x) for x in (67108864.0, 0.5, 1.0 / 9007199254740992.0))
    return builder.fmul(builder.fadd(builder.fadd(builder.fmul(a, scale), b), half), unit)


def _draw_one_by_one(slot, j, n, seed, replicate, entity, who, names, first, occurrence):
    for i in range(LANES):
        slot["residual"][j + i] = -uniform(seed, replicate, entity, who, names[first + i], occurrence) if j + i < n else INF


# ---------------------------------------------------------------- bounds


def _waits(context, builder, signature, arguments):
    """Return the least days each of a slot's transitions can take, four by four."""
    slot, kind, array, a, first = arguments[0], signature.args[1], arguments[1], arguments[2], arguments[3]
    a, first = (context.cast(builder, value, at, types.int64) for value, at in ((a, signature.args[2]), (first, signature.args[3])))
    found, start = [], _row_of(context, builder, kind, array, a, first)
    for j in range(0, MAX_TRANSITIONS, LANES):
        residual = builder.load(_residuals_of(builder, slot, j), align=8)
        days = builder.load(builder.bitcast(builder.gep(start, [ir.Constant(WORD, j)]), REALS.as_pointer()), align=8)
        undrawn = builder.fcmp_ordered("<", residual, _constant(REALS, 0.0))
        least = builder.select(undrawn, builder.fadd(residual, _constant(REALS, 1.0)), residual)
        found.append(builder.fmul(least, days))
    return found


def _as_mask(builder, vectors):
    """Return a word with a bit for each lane that is true, the first vector's first."""
    mask = ir.Constant(WORD, 0)
    for i, vector in enumerate(vectors):
        bits = builder.zext(builder.bitcast(vector, ir.IntType(LANES)), WORD)
        mask = builder.or_(mask, builder.shl(bits, ir.Constant(WORD, i * LANES)))
    return mask


def _first_bit(builder, mask):
    kind = ir.FunctionType(WORD, [WORD, BIT])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.cttz.i64")
    return builder.call(function, [mask, BIT(0)])


@intrinsic
def _soonest_possible(typingctx, slot, least_days, a, first):
    def codegen(context, builder, signature, arguments):
        """Write the code: the lowest wait, and the first lane that has it."""
        waits = _waits(context, builder, signature, arguments)

        def less(x, y):
            """Return the lesser, lane by lane."""
            return builder.select(builder.fcmp_ordered("<", x, y), x, y)

        low = waits[0]
        for wait in waits[1:]:
            low = less(low, wait)
        best = builder.extract_element(low, _lane(0))
        for i in range(1, LANES):
            best = less(best, builder.extract_element(low, _lane(i)))
        same = _same(builder, best, REALS)
        mask = _as_mask(builder, [builder.fcmp_ordered("==", wait, same) for wait in waits])
        return context.make_tuple(builder, signature.return_type, [_first_bit(builder, mask), best])

    return types.Tuple((types.int64, types.float64))(slot, least_days, a, first), codegen


@intrinsic
def _possible_by(typingctx, slot, least_days, a, first, days):
    def codegen(context, builder, signature, arguments):
        """Write the code: a bit for each wait within the limit."""
        waits = _waits(context, builder, signature, arguments)
        limit = _same(builder, arguments[4], REALS)
        return _as_mask(builder, [builder.fcmp_ordered("<=", wait, limit) for wait in waits])

    return types.int64(slot, least_days, a, first, types.float64), codegen


@intrinsic
def _lowest_bit(typingctx, mask):
    def codegen(context, builder, signature, arguments):
        """Write the code: count the zeros below."""
        return _first_bit(builder, arguments[0])

    return types.int64(types.int64), codegen


def _waits_one_by_one(slot, least_days, a, first):
    return [(r if r >= 0.0 else 1.0 + r) * least_days[a, first + j] for j, r in enumerate(slot["residual"])]


def _soonest_one_by_one(slot, least_days, a, first):
    waits = _waits_one_by_one(slot, least_days, a, first)
    return np.int64(np.argmin(waits)), min(waits)


def _possible_one_by_one(slot, least_days, a, first, days):
    return np.int64(sum(1 << j for j, wait in enumerate(_waits_one_by_one(slot, least_days, a, first)) if wait <= days))


def _lowest_bit_of_word(mask):
    return np.int64(int(mask & -mask).bit_length() - 1)


plain = numba.config.DISABLE_JIT
# draw_four(slot, j, n, seed, replicate, entity, who, names, first, occurrence): draw the thresholds of a slot's transitions j to j + 3, those from
# the n-th on infinite. What is kept is minus the uniform.
draw_four = _draw_one_by_one if plain else _draw_four
# soonest_possible(slot, least_days, a, first): which of a slot's transitions (from `first` on) might fire first, and after how many days at least.
soonest_possible = _soonest_one_by_one if plain else _soonest_possible
# possible_by(slot, least_days, a, first, days): a word with the bit of each transition that might fire within so many days.
possible_by = _possible_one_by_one if plain else _possible_by
# lowest_bit(word): which bit is the lowest set.
lowest_bit = _lowest_bit_of_word if plain else _lowest_bit

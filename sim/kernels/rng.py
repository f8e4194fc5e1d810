"""Addressed randomness: Philox4x32-10, a pure function of (key, counter).

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. The test vectors of their
Random123 library are checked in the tests. 32-bit words are carried in 64-bit integers, so the same code runs with and without JIT.
"""

import math

from sim.kernels.compiling import entry, keep_whole

M0 = 0xD2511F53
M1 = 0xCD9E8D57
W0 = 0x9E3779B9
W1 = 0xBB67AE85
MASK = 0xFFFFFFFF


@entry
def philox4x32(k0, k1, c0, c1, c2, c3):
    """Return the four 32-bit output words of Philox4x32-10 for key (k0, k1) and counter (c0, c1, c2, c3)."""
    for _ in range(10):
        p0 = M0 * c0
        p1 = M1 * c2
        c0, c1, c2, c3 = ((p1 >> 32) & MASK) ^ c1 ^ k0, p1 & MASK, ((p0 >> 32) & MASK) ^ c3 ^ k1, p0 & MASK
        k0 = (k0 + W0) & MASK
        k1 = (k1 + W1) & MASK
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


@entry
def fill_uniforms(out, seed, entity, who, name):
    """Fill (n, occurrences) with uniforms: row r at replicate r, column i at occurrence i of one entity's draw."""
    for replicate in range(out.shape[0]):
        for occurrence in range(out.shape[1]):
            out[replicate, occurrence] = uniform(seed, replicate, entity, who, name, occurrence)

"""The narrow numbers of proto/README.md."""

import fractions
import math

from index_sets import Refused


def narrow(code, exponent_bits, mantissa_bits):
    """The number of a code."""
    exponent, mantissa = code >> mantissa_bits & (1 << exponent_bits) - 1, code & (1 << mantissa_bits) - 1
    bias = (1 << exponent_bits - 1) - 1
    if exponent == (1 << exponent_bits) - 1:
        raise Refused("an infinite value")
    if exponent:
        size = math.ldexp(1 + mantissa / 2**mantissa_bits, exponent - bias)
    else:
        size = math.ldexp(mantissa / 2**mantissa_bits, 1 - bias)
    return -size if code >> exponent_bits + mantissa_bits else size


def neighbours(x, exponent_bits, mantissa_bits):
    """The code below |x|, or of it, and the part of the way up to the next."""
    least = 2 - (1 << exponent_bits - 1)
    exponent = max(math.frexp(x)[1] - 1, least) if x else least
    steps = fractions.Fraction(abs(x)) / fractions.Fraction(2) ** (exponent - mantissa_bits)
    whole = math.floor(steps)
    return (exponent - least << mantissa_bits) + whole, steps - whole

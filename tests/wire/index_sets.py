"""Index sets by proto/README.md, and the bit fields they are read from: a part of decode.py."""
import math
import struct


class Refused(Exception):
    """The bytes are not what the page allows."""


class Bits:
    def __init__(self, data):
        self.data, self.at = data, 0
        self.padding = self.index = 0  # within the values

    def field(self, count):
        value = 0
        for b in range(count):
            if self.at == 8 * len(self.data):
                raise Refused("the bytes end too early")
            value |= (self.data[self.at // 8] >> self.at % 8 & 1) << b
            self.at += 1
        return value

    def align(self):
        count = -self.at % 8
        if self.field(count):
            raise Refused("ones in the padding")
        return count

    def doubles(self, count):
        assert self.at % 8 == 0
        start = self.at // 8
        if len(self.data) < start + 8 * count:
            raise Refused("the bytes end too early")
        self.at += 64 * count
        return list(struct.unpack("<%dd" % count, self.data[start:start + 8 * count]))


def golomb(bits, r):
    quotient = 0
    while not bits.field(1):
        quotient += 1
    return (quotient << r) + bits.field(r)


def subset(bits, first, n, c):
    """The set of c among the n positions from first, by its rank."""
    rank = bits.field((math.comb(n, c) - 1).bit_length())
    if rank >= math.comb(n, c):
        raise Refused("a rank that is none")
    found, p = [], n
    for i in range(c, 0, -1):
        p = max(q for q in range(p) if math.comb(q, i) <= rank)
        rank -= math.comb(p, i)
        found.insert(0, first + p)
    return found


def block_sets(bits, k, d, r):
    mean = (64 * k + d // 2) // d
    order = sorted(range(65), key=lambda c: (abs(c - mean), -c))
    found = []
    for first in range(0, d, 64):
        n, c = min(64, d - first), k - len(found)
        if first + 64 < d:
            place = golomb(bits, r)
            if place > 64:
                raise Refused("a count that is none")
            c = order[place]
        if not 0 <= c <= min(n, k - len(found)):
            raise Refused("more indices than there are")
        found += subset(bits, first, n, c)
    return found


def gaps(bits, found, k, r):
    while len(found) < k:
        found.append((found[-1] if found else -1) + 1 + golomb(bits, r))
    return found


def named_set(bits, k, d):
    width = (d - 1).bit_length()
    coding = bits.field(3)
    r = bits.field(5) if 2 <= coding <= 5 else 0
    if coding == 0:
        return [bits.field(width) for _ in range(k)]
    if coding == 1:
        return [j for j in range(d) if bits.field(1)]
    if coding == 2:
        low, upper = [bits.field(r) for _ in range(k)], 0
        for i in range(k):
            upper += golomb(bits, 0)
            low[i] += upper << r
        return low
    if coding == 3:
        return gaps(bits, [bits.field(width)], k, r)
    if coding == 4 and r < 7:
        return block_sets(bits, k, d, r)
    if coding == 5:
        s, found = bits.field(5), []
        begin = bits.field(width)
        while len(found) < k:
            if found:
                begin = found[-1] + 2 + golomb(bits, r)
            found += range(begin, begin + 1 + golomb(bits, s))
        return found
    raise Refused("a reserved coding")


def index_set(bits, k, d):
    if k == d:
        return list(range(d))
    if not bits.field(1):
        found = named_set(bits, k, d)
    elif d <= 64 or k >= d // 5:
        found = block_sets(bits, k, d, 2)
    else:
        found = gaps(bits, [], k, min(31, (6 * (2 * d - k) // (25 * k)).bit_length()))
    if len(found) != k or found[-1] >= d or any(a >= b for a, b in zip(found, found[1:])):
        raise Refused("indices that do not ascend below d")
    return found

"""The generator of proto/README.md."""

import math

SHARED = 4294967295
MASK32 = 0xFFFFFFFF


def philox(counter, key):
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK32, (p0 >> 32) ^ c3 ^ k1, p0 & MASK32
        k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
    return c0, c1, c2, c3


class Stream:
    def __init__(self, seed, round_, client, purpose, channel, step):
        self.key = (seed & MASK32, seed >> 32)
        self.high = round_ | client << 40 | purpose << 72 | channel << 80 | step << 84
        self.block, self.words = 0, []

    def word(self):
        if not self.words:
            counter = self.block | self.high << 32
            self.words = list(philox([counter >> s & MASK32 for s in (0, 32, 64, 96)], self.key))
            self.block += 1
        return self.words.pop(0)

    def word64(self):
        low = self.word()
        return low | self.word() << 32

    def uniform(self):
        return (self.word64() >> 11) * 2.0**-53

    def below(self, bound):
        while True:
            word = self.word64()
            if word >= 2**64 % bound:
                return word % bound


class Permutation:
    def __init__(self, stream, size):
        self.size = size
        if size <= 64:
            self.table = list(range(size))
            for i in range(size - 1, 0, -1):
                j = stream.below(i + 1)
                self.table[i], self.table[j] = self.table[j], self.table[i]
            return
        self.rows = math.isqrt(size - 1) + 1
        self.columns = -(-size // self.rows)
        self.keys = []
        for _ in range(8):
            add = stream.word()
            self.keys.append((add, stream.word() | 1))

    def mix(self, t, x, bound):
        h = (x + self.keys[t][0]) * self.keys[t][1] & MASK32
        h = (h ^ h >> 16) * 0x9E3779B1 & MASK32
        return h * bound >> 32

    def __call__(self, i):
        if self.size <= 64:
            return self.table[i]
        while True:
            high, low = divmod(i, self.columns)
            for t in range(0, 8, 2):
                high = (high + self.mix(t, low, self.rows)) % self.rows
                low = (low + self.mix(t + 1, high, self.columns)) % self.columns
            i = high * self.columns + low
            if i < self.size:
                return i

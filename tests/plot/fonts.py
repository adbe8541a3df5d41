"""How wide text is, from the tables of the true font: by nothing of the program's own."""

import functools
import shutil
import struct
import subprocess


def sans():
    """The font that 'sans-serif' is here; None where nobody says."""
    if not shutil.which("fc-match"):
        return None
    path = subprocess.run(["fc-match", "-f", "%{file}", "sans-serif"], capture_output=True, text=True, check=True).stdout
    with open(path, "rb") as file:
        data = file.read()
    return Font(data) if data[:4] == b"\0\1\0\0" else None


class Font:
    """A TrueType font with a table of characters of format 4."""

    def __init__(self, data):
        self.data = data
        tables = {data[at:at + 4].decode(): self.long(at + 8) for at in range(12, 12 + 16 * self.short(4), 16)}
        self.units, self.measured = self.short(tables["head"] + 18), self.short(tables["hhea"] + 34)
        self.widths, cmap = tables["hmtx"], tables["cmap"]
        found = [cmap + self.long(cmap + 8 + 8 * i) for i in range(self.short(cmap + 2))]
        self.map = next(at for at in found if self.short(at) == 4)

    def short(self, at):
        return struct.unpack_from(">H", self.data, at)[0]

    def long(self, at):
        return struct.unpack_from(">I", self.data, at)[0]

    def glyph(self, letter):
        code, segments = ord(letter), self.short(self.map + 6)
        ends = self.map + 14
        starts = ends + segments + 2
        for at in range(0, segments, 2):
            if self.short(ends + at) >= code:
                if self.short(starts + at) > code:
                    return 0
                delta, place = self.short(starts + segments + at), starts + 2 * segments + at
                offset = self.short(place)
                index = code if offset == 0 else self.short(place + offset + 2 * (code - self.short(starts + at)))
                return (index + delta) & 0xFFFF
        return 0

    @functools.lru_cache(maxsize=None)
    def letter(self, letter):
        return self.short(self.widths + 4 * min(self.glyph(letter), self.measured - 1)) / self.units

    def width(self, text):
        """In heights of the letters."""
        return sum(map(self.letter, text))

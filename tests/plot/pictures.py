"""Metadata of SVG, PNG and PDF, read by nothing of the program's own."""

import re
import struct
import xml.etree.ElementTree
import zlib


def of_svg(data):
    tree = xml.etree.ElementTree.fromstring(data)
    return tree.find("{http://www.w3.org/2000/svg}metadata").text.lstrip("\n")


def svg_texts(data):
    tree = xml.etree.ElementTree.fromstring(data)
    return ["".join(text.itertext()).strip() for text in tree.iter("{http://www.w3.org/2000/svg}text")]


def png_chunks(data):
    """[(name, body)]; every checksum is right."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = [], 8
    while place < len(data):
        length, name = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length:place + 12 + length])[0] == zlib.crc32(name + body)
        chunks.append((name.decode(), body))
        place += 12 + length
    return chunks


def of_png(data):
    return dict(png_chunks(data))["tEXt"].split(b"\0", 1)[1].decode("ascii")


def pdf_dictionary(data):
    """The information dictionary that the newest trailer names, by the table of references."""
    at = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    table = re.match(rb"xref\n(\d+) 1\n(\d{10}) (\d{5}) n \ntrailer\n(.*?)startxref", data[at:], re.DOTALL)
    first, offset, trailer = int(table.group(1)), int(table.group(2)), table.group(4)
    info, size = int(re.search(rb"/Info (\d+) 0 R", trailer).group(1)), int(re.search(rb"/Size (\d+)", trailer).group(1))
    assert first == info and size == info + 1
    assert data[int(re.search(rb"/Prev (\d+)", trailer).group(1)):][:4] == b"xref"
    return re.match(rb"%d 0 obj\n<<\n(.*?)>>\nendobj" % info, data[offset:], re.DOTALL).group(1)


def of_pdf(data):
    text = re.search(rb"/Keywords \(((?:[^\\()]|\\.)*)\)", pdf_dictionary(data), re.DOTALL).group(1)
    return re.sub(rb"\\(.)", rb"\1", text).decode("ascii")


def svg_boxes(data, font):
    """[(text, left, top, right, bottom)] in pixels, of everything that is written. A part of a line that was raised or lowered counts as level."""
    boxes = []
    pattern = rb'<g transform="translate\(([\d.-]+),([\d.-]+)\)( rotate\((?:270|-90)\))?"[^>]*font-size="([\d.]+)"\s+text-anchor="(\w+)">\s*<text>(.*?)</text>'
    for x, y, turned, size, anchor, inner in re.findall(pattern, data, re.DOTALL):
        text = "".join(xml.etree.ElementTree.fromstring(b"<t>" + inner + b"</t>").itertext()).strip()
        x, y, size = float(x), float(y), float(size)
        width = font.width(text) * size
        before = {"start": 0, "middle": width / 2, "end": width}[anchor.decode()]
        above, below = 0.76 * size, 0.24 * size
        boxes.append((text, x - above, y - width + before, x + below, y + before) if turned
                     else (text, x - before, y - above, x - before + width, y + below))
    return boxes


def svg_size(data):
    return tuple(float(x) for x in re.search(rb'viewBox="0 0 (\d+) (\d+)"', data).groups())


def svg_samples(data):
    """[(colour, dash, mark)] of the legend, in the order of drawing: level lines with their mark in the middle."""
    line = (rb"<path stroke='(rgb\([^)]*\))'(?:\s+stroke-dasharray='([^']*)')?\s+d='M([\d.]+),([\d.]+) L([\d.]+),([\d.]+)\s*'")
    marks = {(float(x), float(y)): (mark, colour) for mark, x, y, colour in
             re.findall(rb"<use xlink:href='#(gpPt\d+)' transform='translate\(([\d.]+),([\d.]+)\)[^']*' color='(rgb\([^)]*\))'", data)}
    found = []
    for colour, dash, x, y, to, level in re.findall(line, data):
        middle = [mark for at, mark in marks.items() if abs(at[0] - (float(x) + float(to)) / 2) < 0.1 and abs(at[1] - float(y)) < 0.1]
        if y == level and middle and middle[0][1] == colour:
            found.append((colour, dash, middle[0][0]))
    return found

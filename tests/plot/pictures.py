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

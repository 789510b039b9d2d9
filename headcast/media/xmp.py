"""A dictionary of texts in, an XMP packet out (and back): the metadata of PNG, JPEG and WebP files.

Keys that the XMP and IPTC standards know are written under their standard names, so that other programs and
publishing platforms read them; all others stand under our own name space.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

MAX_PACKET_SIZE = 1 << 16
"""Bytes; a packet from a stranger's file that is larger is not parsed."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_HEADCAST = "https://headcast.invalid/ns/1.0/"
_STANDARD_NAMES = {
    "comment": "{http://ns.adobe.com/exif/1.0/}UserComment",
    "creation_time": "{http://ns.adobe.com/xap/1.0/}CreateDate",
    "encoder": "{http://ns.adobe.com/xap/1.0/}CreatorTool",
    "digital_source_type": "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType",
}
_PREFIXES = {
    "x": "adobe:ns:meta/",
    "rdf": _RDF,
    "exif": "http://ns.adobe.com/exif/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "headcast": _HEADCAST,
}
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xmp(metadata: Mapping[str, str]) -> bytes:
    """An XMP packet with one property per key; keys are lower-case identifiers.

    >>> from_xmp(to_xmp({"comment": "a < b", "seed": "1"}))
    {'comment': 'a < b', 'seed': '1'}
    """
    for prefix, uri in _PREFIXES.items():
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.Element("{adobe:ns:meta/}xmpmeta")
    rdf = ElementTree.SubElement(root, f"{{{_RDF}}}RDF")
    description = ElementTree.SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    for key, value in metadata.items():
        if not _KEY.fullmatch(key):
            raise ValueError(f"metadata key {key!r}, expected lower-case letters, digits and underscores")
        name = _STANDARD_NAMES.get(key, f"{{{_HEADCAST}}}{key}")
        ElementTree.SubElement(description, name).text = _NOT_XML.sub("?", value)
    packet = ElementTree.tostring(root, encoding="unicode")
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return f'{begin}{packet}<?xpacket end="w"?>'.encode()


def from_xmp(packet: bytes) -> dict[str, str]:
    """The properties that `to_xmp` wrote; empty for a packet that is foreign, broken, too large or hostile."""
    if len(packet) > MAX_PACKET_SIZE or b"<!" in packet:  # "<!" opens the DOCTYPE that entity bombs need
        return {}
    try:
        root = ElementTree.fromstring(packet.strip(b"\0 \r\n\t"))
    except (ElementTree.ParseError, ValueError, LookupError):  # LookupError: an unknown text encoding
        return {}
    standard = {name: key for key, name in _STANDARD_NAMES.items()}
    metadata = {}
    for element in root.iterfind(f"{{{_RDF}}}RDF/{{{_RDF}}}Description/*"):
        key = standard.get(element.tag, element.tag.removeprefix(f"{{{_HEADCAST}}}"))
        if _KEY.fullmatch(key):
            metadata[key] = element.text or ""
    return metadata

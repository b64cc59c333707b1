"""Cuts Inter down to the characters a report needs and renames it. See README.md.

Usage: python3 subset.py FOLDER_WITH_INTER_OTF    (fontTools 4 and brotli)
"""
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FAMILY = "Clearway Sans"
RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x18F, 0x18F), (0x259, 0x259),  # Latin, Azerbaijani schwa
    (0x2BB, 0x2BC),  # Uzbek oʻ gʻ and tutuq belgisi
    (0x394, 0x394), (0x3A3, 0x3A3),
    (0x400, 0x45F), (0x490, 0x49B), (0x4A2, 0x4A3), (0x4AE, 0x4B7), (0x4BA, 0x4BB),  # Cyrillic of
    (0x4D8, 0x4D9), (0x4E2, 0x4E3), (0x4E8, 0x4E9), (0x4EE, 0x4EF),  # Central Asia
    (0x2009, 0x2009), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026),
    (0x202F, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A),
    (0x20AC, 0x20AC), (0x20B8, 0x20B8), (0x20BD, 0x20BE), (0x2116, 0x2116), (0x2122, 0x2122),
    (0x2190, 0x2193), (0x2196, 0x2199), (0x2211, 0x2212), (0x2248, 0x2248),
    (0x2260, 0x2260), (0x2264, 0x2265),
    (0x25A0, 0x25A1), (0x25B2, 0x25B2), (0x25BC, 0x25BC), (0x25C6, 0x25C6), (0x25CB, 0x25CB),
    (0x25CF, 0x25CF), (0x2713, 0x2713), (0x2717, 0x2717), (0xFFFD, 0xFFFD),
]
# `calt` and `dlig` are left out: they turn "->" and "(!)" in somebody's data into other signs.
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]


def rename(font, style, weight):
    """Names the subset as what it is: a modified version under another family name."""
    names = font["name"]
    keep = {n: names.getDebugName(n) for n in (0, 13, 14)}
    version = names.getDebugName(5)
    names.names = []
    plain = FAMILY if style == "Regular" else f"{FAMILY} {style}"
    text = {
        **keep,
        1: plain, 2: "Regular",
        3: f"{FAMILY.replace(' ', '')}-{style}", 4: f"{FAMILY} {style}",
        5: version, 6: f"{FAMILY.replace(' ', '')}-{style}",
    }
    if style != "Regular":
        text |= {16: FAMILY, 17: style}
    for name_id, value in text.items():
        names.setName(value, name_id, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    if "CFF " in font:
        cff = font["CFF "].cff
        cff.fontNames = [f"{FAMILY.replace(' ', '')}-{style}"]
        top = cff[0]
        top.FullName, top.FamilyName = f"{FAMILY} {style}", FAMILY
        for field in ("Notice", "Copyright"):
            if hasattr(top, field):
                setattr(top, field, keep[0])


def build(source, style, weight):
    options = subset.Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.name_IDs = ["*"]
    options.name_legacy = False
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["DSIG", "STAT", "MVAR", "meta"]
    font = subset.load_font(source / f"Inter-{style}.otf", options)
    wanted = [code for low, high in RANGES for code in range(low, high + 1)]
    missing = [f"U+{code:04X}" for code in wanted if code not in font.getBestCmap()]
    print(style, "not in Inter:", " ".join(missing) or "nothing")
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    rename(font, style, weight)
    for flavour, suffix in ((None, "otf"), ("woff2", "woff2")):
        font.flavor = flavour
        path = Path(__file__).with_name(f"ClearwaySans-{style}.{suffix}")
        font.save(path)
        print(path.name, path.stat().st_size)


source = Path(sys.argv[1])
build(source, "Regular", 400)
build(source, "SemiBold", 600)

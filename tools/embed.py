"""Turns files into C: `embed.py sql OUT FILE...` (schema steps), `embed.py text OUT NAME FILE`, `embed.py assets OUT FOLDER` (the page, gzipped)."""
import gzip
import hashlib
import mimetypes
import os
import re
import sys


def c_string(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", '\\n"\n    "')
    return '"' + escaped + '"'


def sql(out, files):
    with open(out, "w", encoding="utf-8") as to:
        to.write('#include "service/schema.h"\n\nstatic const char *const steps[] = {\n')
        for name in sorted(files, key=os.path.basename):
            with open(name, encoding="utf-8") as source:
                to.write(f"    /* {os.path.basename(name)} */\n    {c_string(source.read())},\n")
        to.write("};\n\nconst gx_schema gx_zone_schema = {steps, sizeof steps / sizeof *steps};\n")


def text(out, name, path):
    with open(path, encoding="utf-8") as source, open(out, "w", encoding="utf-8") as to:
        to.write(f"extern const char {name}[];\nconst char {name}[] =\n    {c_string(source.read())};\n")


def assets(out, folder):
    rows, blobs = [], []
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(root, name)
            if name.endswith(".map"):
                continue
            with open(path, "rb") as source:
                content = source.read()
            packed = gzip.compress(content, 9, mtime=0)
            blob = f"{out}.{len(rows)}.gz"
            with open(blob, "wb") as to:
                to.write(packed)
            url = "/" + os.path.relpath(path, folder)
            mime = {".js": "text/javascript; charset=utf-8", ".webmanifest": "application/manifest+json"}.get(
                os.path.splitext(name)[1]) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            if mime.startswith("text/") and "charset" not in mime:
                mime += "; charset=utf-8"
            etag = '\\"' + hashlib.sha256(content).hexdigest()[:16] + '\\"'
            hashed = bool(re.search(r"-[A-Z0-9]{8}\.", name))
            blobs.append(f'__asm__(".section .rodata\\n.balign 16\\nasset_{len(rows)}:\\n.incbin \\"{os.path.abspath(blob)}\\"\\n.previous");\n'
                         f"extern const unsigned char asset_{len(rows)}[];")
            rows.append(f'    {{"{url}", "{mime}", "{etag}", asset_{len(rows)}, {len(packed)}, {str(hashed).lower()}}},')
    with open(out, "w", encoding="utf-8") as to:
        to.write('#include "http/http.h"\n\nextern const gx_asset gx_assets[];\nextern const size_t gx_asset_count;\n')
        to.write("\n".join(blobs) + "\n\nconst gx_asset gx_assets[] = {\n" + "\n".join(rows) + "\n    {0},\n};\n")
        to.write(f"const size_t gx_asset_count = {len(rows)};\n")


def main():
    mode, out = sys.argv[1:3]
    {"sql": lambda: sql(out, sys.argv[3:]), "text": lambda: text(out, sys.argv[3], sys.argv[4]), "assets": lambda: assets(out, sys.argv[3])}[mode]()


if __name__ == "__main__":
    main()

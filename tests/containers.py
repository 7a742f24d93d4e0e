#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# Makes one file of each kind of container, method and damage, for tests/unit/test-containers.c.
# Usage: tests/containers.py DIR    (in an empty directory; prints which tools lacked)
import bz2, hashlib, io, lzma, os, shutil, struct, subprocess, sys, tarfile, zipfile, zlib

out = os.path.abspath(sys.argv[1])
work = out + "/work"
os.makedirs(work)
os.chdir(work)
lacking = set()

# Compressible and long enough that a cut hits data, not only headers.
TEXT = b"".join(b"line %d of an ordinary text, number %d\n" % (i, i * i % 977) for i in range(1200))
NOISE = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(1600))
for name, data in ("a.txt", TEXT), ("b.bin", NOISE), ("c.txt", TEXT[:400]):
    open(name, "wb").write(data)

def put(name, data):
    with open(out + "/" + name, "wb") as f:
        f.write(data)

def get(name):
    with open(out + "/" + name, "rb") as f:
        return f.read()

def run(name, *cmd, stdin=None, stdout=None):
    """Runs a tool that writes out/NAME, or whose output is that; a tool that is not there is told and skipped."""
    if shutil.which(cmd[0]) is None:
        lacking.add(cmd[0])
        return False
    r = subprocess.run(cmd, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if stdout:
        put(name, r.stdout)
    if not os.path.exists(out + "/" + name):
        sys.exit("%s: %s made nothing" % (name, " ".join(cmd)))
    return True

# ---- zip ----
def zip_raw(members, central=True, prefix=b""):
    """members: (name, method, packed, octets, flags, real size)"""
    b, at, dirs = io.BytesIO(), [], b""
    b.write(prefix)
    for name, method, packed, data, flags in members:
        n, crc = name.encode("utf-8"), zlib.crc32(data)
        f = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 0x5a21, crc, len(packed), len(data), len(n), 0)
        dirs += b"PK\1\2" + struct.pack("<H", 20) + f + struct.pack("<HHHII", 0, 0, 0, 0, b.tell() - 0) + n
        b.write(b"PK\3\4" + f + n + packed)
    start = b.tell()
    if central:
        b.write(dirs + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(dirs), start, 0))
    return b.getvalue()

def deflate(data):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush()

def zip_lzma(data):
    c = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 65536}])
    return b"\x09\x14\x05\x00" + b"\x5d\x00\x00\x01\x00" + c.compress(data) + c.flush()

def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE).stdout

a = ("a.txt", 8, deflate(TEXT), TEXT, 0)
put("zip-stored", zip_raw([("a.txt", 0, TEXT, TEXT, 0), a]))
put("zip-deflate", zip_raw([a]))
put("zip-bzip2", zip_raw([("a.txt", 12, bz2.compress(TEXT), TEXT, 0)]))
put("zip-lzma", zip_raw([("a.txt", 14, zip_lzma(TEXT), TEXT, 2)]))
put("zip-xz", zip_raw([("a.txt", 95, lzma.compress(TEXT), TEXT, 0)]))
put("zip-ppmd", zip_raw([("a.txt", 98, NOISE[:900], TEXT, 0)]))
if shutil.which("zstd"):
    put("zip-zstd", zip_raw([("a.txt", 93, zstd(TEXT), TEXT, 0)]))
put("zip-unknown-method", zip_raw([("a.txt", 77, NOISE[:900], TEXT, 0)]))
put("zip-half-lzma", zip_raw([a, ("b.txt", 14, zip_lzma(TEXT), TEXT, 2)]))
put("zip-in-zip", zip_raw([("in.zip", 0, get("zip-deflate"), get("zip-deflate"), 0)]))
put("zip-in-zip-lzma", zip_raw([("in.zip", 0, get("zip-lzma"), get("zip-lzma"), 0)]))
put("zip-prefix", zip_raw([a], prefix=b"\x7fjunk that is no archive " * 40))
put("zip-prefix-lzma", zip_raw([("a.txt", 14, zip_lzma(TEXT), TEXT, 2)], prefix=b"junk that is no archive " * 40))
put("zip-no-directory", zip_raw([a], central=False))
put("zip-directory-cut", get("zip-deflate")[:-30])
put("zip-data-cut", zip_raw([("b.bin", 8, deflate(NOISE)[:20000], NOISE, 0)]))
broken = bytearray(get("zip-deflate")); broken[400:440] = b"\xff" * 40
put("zip-data-broken", bytes(broken))
put("zip-cut", zip_raw([("b.bin", 8, deflate(NOISE), NOISE, 0), a])[:30000])
put("zip-empty", zip_raw([]))
put("zip-directories", zip_raw([("d/", 0, b"", b"", 0), ("d/e", 0, b"", b"", 0), a]))
put("zip-backslash", zip_raw([("dir\\a.txt", 8, deflate(TEXT), TEXT, 0)]))
put("zip-same-names", zip_raw([("x/a.txt", 8, deflate(TEXT), TEXT, 0), ("y/a.txt", 14, zip_lzma(TEXT), TEXT, 2)]))
put("zip-names-differ", get("zip-deflate").replace(b"a.txt", b"q.exe", 1))
put("zip-long-name", zip_raw([("n" * 300 + ".exe", 8, deflate(TEXT), TEXT, 0)]))
put("zip-masked", zip_raw([("a.txt", 8, NOISE[:900], TEXT, 0x2041)]))
run("zip-deflate64.zip", "7zz", "a", "-tzip", "-mm=Deflate64", out + "/zip-deflate64.zip", "a.txt")
run("zip-crypto.zip", "7zz", "a", "-tzip", "-psecret", "-mem=ZipCrypto", out + "/zip-crypto.zip", "a.txt")
run("zip-aes.zip", "7zz", "a", "-tzip", "-psecret", "-mem=AES256", out + "/zip-aes.zip", "a.txt")
run("zip-split.zip.001", "7zz", "a", "-tzip", "-v20k", out + "/zip-split.zip", "b.bin")
run("zip-stream", "zip", "-q", "-", "a.txt", "c.txt", stdout=True)
for n in "zip-crypto", "zip-aes":
    if os.path.exists(out + "/" + n + ".zip"):
        z = get(n + ".zip")
        put("zip-in-" + n, zip_raw([("in.zip", 0, z, z, 0)]))

# ---- 7z ----
for name, args in (("7z-lzma", ["-m0=LZMA"]), ("7z-lzma2", ["-m0=LZMA2"]), ("7z-ppmd", ["-m0=PPMd"]), ("7z-bzip2", ["-m0=BZip2"]),
                   ("7z-deflate", ["-m0=Deflate"]), ("7z-copy", ["-m0=Copy"]), ("7z-bcj2", ["-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA"]),
                   ("7z-delta", ["-m0=Delta:4", "-m1=LZMA"]), ("7z-aes", ["-psecret"]), ("7z-aes-header", ["-psecret", "-mhe=on"])):
    run(name + ".7z", "7zz", "a", "-t7z", *args, out + "/" + name + ".7z", "a.txt", "b.bin")
if os.path.exists(out + "/7z-lzma2.7z"):
    z = get("7z-lzma2.7z")
    put("7z-cut", z[:len(z) // 2])
    broken = bytearray(z); broken[200:260] = b"\x55" * 60
    put("7z-broken", bytes(broken))
run("7z-split.7z.001", "7zz", "a", "-v20k", out + "/7z-split.7z", "b.bin")

# ---- streams ----
import gzip
put("gz", gzip.compress(TEXT))
put("gz-two", gzip.compress(TEXT) + gzip.compress(NOISE))
put("gz-cut", gzip.compress(NOISE)[:20000])
put("gz-broken", gzip.compress(NOISE)[:9000] + b"\0" * 900 + gzip.compress(NOISE)[9900:])
put("gz-trailing", gzip.compress(TEXT) + b"some trailing octets that are no gzip at all")
put("bz2", bz2.compress(TEXT))
put("bz2-two", bz2.compress(TEXT) + bz2.compress(NOISE))
put("bz2-cut", bz2.compress(NOISE)[:20000])
put("bz2-trailing", bz2.compress(TEXT) + b"some trailing octets that are no bzip2 at all")
put("xz", lzma.compress(TEXT))
put("xz-two", lzma.compress(TEXT) + lzma.compress(NOISE))
put("xz-cut", lzma.compress(NOISE)[:20000])
put("xz-filter", lzma.compress(NOISE, filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2}]))
put("lzma", lzma.compress(TEXT, lzma.FORMAT_ALONE))
run("zst", "zstd", "-q", "-c", "a.txt", stdout=True)
run("lz4", "lz4", "-q", "-c", "a.txt", stdout=True)
run("lzip", "lzip", "-c", "a.txt", stdout=True)
run("Z", "compress", "-c", "a.txt", stdout=True)

# ---- tar, cpio, ar ----
def tar(fmt, name="a.txt"):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w", format=fmt) as t:
        for n, d in ((name, TEXT), ("b.bin", NOISE)):
            i = tarfile.TarInfo(n); i.size = len(d)
            t.addfile(i, io.BytesIO(d))
    return b.getvalue()
put("tar-ustar", tar(tarfile.USTAR_FORMAT))
put("tar-gnu", tar(tarfile.GNU_FORMAT))
put("tar-pax", tar(tarfile.PAX_FORMAT))
put("tar-gnu-long", tar(tarfile.GNU_FORMAT, "n" * 150 + ".exe"))
put("tar-pax-long", tar(tarfile.PAX_FORMAT, "n" * 150 + ".exe"))
put("tar-ustar-prefix", tar(tarfile.USTAR_FORMAT, "d" * 80 + "/" + "n" * 40 + ".exe"))
put("tar-cut", tar(tarfile.USTAR_FORMAT)[:60000])
put("tar-gz", gzip.compress(tar(tarfile.USTAR_FORMAT)))
put("tar-gz-cut", gzip.compress(tar(tarfile.USTAR_FORMAT))[:25000])
put("tar-xz", lzma.compress(tar(tarfile.USTAR_FORMAT)))
broken = bytearray(tar(tarfile.USTAR_FORMAT)); broken[148:150] = b"99"
put("tar-checksum", bytes(broken))
sparse = bytearray(tar(tarfile.GNU_FORMAT)); sparse[156:157] = b"S"
chk = bytearray(sparse[:512]); chk[148:156] = b" " * 8
sparse[148:156] = b"%06o\0 " % sum(chk)
put("tar-sparse", bytes(sparse))
for f in "odc", "newc", "crc", "bin":
    run("cpio-" + f, "cpio", "-o", "-H", f, "--quiet", stdin=b"a.txt\nb.bin\n", stdout=True)
    if os.path.exists(out + "/cpio-" + f):
        put("cpio-%s-cut" % f, get("cpio-" + f)[:60000])
run("ar", "ar", "rc", out + "/ar", "a.txt", "b.bin")

# ---- others ----
run("cab", "gcab", "-c", out + "/cab", "a.txt", "b.bin")
run("cab-zip", "gcab", "-z", "-c", out + "/cab-zip", "a.txt", "b.bin")
for n in "cab", "cab-zip":
    if os.path.exists(out + "/" + n):
        put(n + "-cut", get(n)[:len(get(n)) * 2 // 3])
os.makedirs("iso/dir", exist_ok=True)
for n in "a.txt", "dir/b.bin":
    shutil.copy(os.path.basename(n), "iso/" + n)
run("iso", "genisoimage", "-quiet", "-o", out + "/iso", "iso")
run("iso-joliet", "genisoimage", "-quiet", "-J", "-R", "-o", out + "/iso-joliet", "iso")
run("udf", "genisoimage", "-quiet", "-udf", "-allow-limited-size", "-o", out + "/udf", "iso")
if os.path.exists(out + "/iso"):
    put("iso-cut", get("iso")[:80000 if len(get("iso")) > 90000 else len(get("iso")) * 2 // 3])
run("arj.arj", "arj", "a", "-y", out + "/arj.arj", "a.txt", "b.bin")
run("arj-garbled.arj", "arj", "a", "-y", "-gsecret", out + "/arj-garbled.arj", "a.txt", "b.bin")
if os.path.exists(out + "/arj.arj"):
    put("arj-cut", get("arj.arj")[:30000])
run("lha.lzh", "jlha", "a", out + "/lha.lzh", "a.txt", "b.bin")
if os.path.exists(out + "/lha.lzh"):
    put("lha-cut", get("lha.lzh")[:30000])
# RAR 4 and 5, by their marks alone: no free tool makes them, and no free unpacker opens them here.
put("rar4", b"Rar!\x1a\7\0" + b"\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0" + NOISE[:3000])
put("rar5", b"Rar!\x1a\7\1\0" + NOISE[:3000])

# ---- documents ----
PDF = b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" \
      b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>endobj\n" \
      b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
page = b"BT /F1 12 Tf 10 10 Td (hello) Tj ET\n" * 40
put("pdf", PDF % (len(page), page))
open("in.pdf", "wb").write(PDF % (len(page), page))
run("pdf-user", "qpdf", "--encrypt", "user", "owner", "256", "--", "in.pdf", out + "/pdf-user")
run("pdf-owner-256", "qpdf", "--encrypt", "", "owner", "256", "--", "in.pdf", out + "/pdf-owner-256")
run("pdf-owner", "qpdf", "--encrypt", "", "owner", "128", "--use-aes=y", "--", "in.pdf", out + "/pdf-owner")

def ole2(streams):
    """A compound file: one FAT sector, directory, streams in sectors (all at least 4096 octets long)."""
    fat, body, dirs = [0xfffffffd], [b""], []
    def chain(data):
        first = len(fat); n = (len(data) + 511) // 512
        for i in range(n):
            fat.append(first + i + 1 if i + 1 < n else 0xfffffffe)
            body.append(data[i * 512:(i + 1) * 512].ljust(512, b"\0"))
        return first
    entries = [(n, chain(d), len(d)) for n, d in streams]
    dirsec = len(fat)
    def entry(name, kind, left, right, child, start, size):
        n = name.encode("utf-16-le") + b"\0\0"
        return n.ljust(64, b"\0") + struct.pack("<HBBIII", len(n), kind, 1, left, right, child) + b"\0" * 36 + struct.pack("<IQ", start, size)
    none = 0xffffffff
    d = entry("Root Entry", 5, none, none, 1, 0xfffffffe, 0)
    for i, (n, s, l) in enumerate(entries):
        d += entry(n, 2, none, i + 2 if i + 1 < len(entries) else none, none, s, l)
    d = d.ljust((len(d) + 511) // 512 * 512, b"\0")
    for i in range(len(d) // 512):
        fat.append(len(fat) + 1 if i + 1 < len(d) // 512 else 0xfffffffe); body.append(d[i * 512:(i + 1) * 512])
    assert len(fat) <= 128
    body[0] = struct.pack("<%dI" % len(fat), *fat).ljust(512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3e, 3, 0xfffe, 9, 6) + b"\0" * 10
    head += struct.pack("<IIIIIIIII", 1, dirsec, 0, 4096, 0xfffffffe, 0, 0xfffffffe, 0, 0)
    return head.ljust(512, b"\xff") + b"".join(body)
info = struct.pack("<HHI", 4, 4, 0x40) + b'<?xml version="1.0"?><encryption xmlns="http://schemas.microsoft.com/office/2006/encryption"/>'
put("ooxml-encrypted", ole2([("EncryptionInfo", info.ljust(4200, b" ")), ("EncryptedPackage", NOISE[:5000])]))
info = struct.pack("<HHIIIIIIIII", 3, 2, 0x24, 0x8c, 0x24, 0, 0x660e, 0x8004, 0x80, 0x18, 0)
put("ooxml-encrypted-standard", ole2([("EncryptionInfo", info.ljust(4200, b"\0")), ("EncryptedPackage", NOISE[:5000])]))
fib = bytearray(4608); fib[0:2] = b"\xec\xa5"; fib[2:4] = b"\xc1\0"; fib[10:12] = struct.pack("<H", 0x0100)
put("doc-encrypted", ole2([("WordDocument", bytes(fib)), ("1Table", NOISE[:4608])]))
fib[10:12] = struct.pack("<H", 0)
put("doc", ole2([("WordDocument", bytes(fib)), ("1Table", NOISE[:4608])]))
bof = struct.pack("<HHHHHHII", 0x0809, 16, 0x0600, 5, 0, 0, 0, 0)
put("xls-encrypted", ole2([("Workbook", (bof + struct.pack("<HHHHH", 0x2f, 54, 1, 1, 1) + NOISE[:48] + struct.pack("<HH", 0x0a, 0)).ljust(4608, b"\0"))]))
put("xls-macro", ole2([("Workbook", (bof + struct.pack("<HHIBB", 0x85, 14, 900, 0, 1) + b"\6\0Macro1" + struct.pack("<HH", 0x0a, 0)).ljust(4608, b"\0"))]))
def docx(*more):
    b = io.BytesIO()
    with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
        z.writestr("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>')
        z.writestr("word/document.xml", "<w:document>" + "<w:p>hello</w:p>" * 90 + "</w:document>")
        for n, d in more:
            z.writestr(n, d)
    return b.getvalue()
put("docx", docx())
z = get("xls-encrypted")
put("zip-xls-encrypted", zip_raw([("in.xls", 8, deflate(z), z, 0), a]))
z = get("xls-macro")
put("zip-xls-macro", zip_raw([("in.xls", 8, deflate(z), z, 0), a]))
put("odt-encrypted", zip_raw([("mimetype", 0, b"application/vnd.oasis.opendocument.text", b"application/vnd.oasis.opendocument.text", 0),
    ("META-INF/manifest.xml", 8, deflate(b'<?xml version="1.0"?><manifest:manifest><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry></manifest:manifest>'),
     b'<?xml version="1.0"?><manifest:manifest><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry></manifest:manifest>', 0),
    ("content.xml", 0, NOISE[:3000], NOISE[:3000], 0)]))
open("key.cnf", "w").write("[req]\ndistinguished_name=d\n[d]\n")
if shutil.which("openssl"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=t", "-days", "9", "-keyout", "k.pem", "-out", "c.pem",
                    "-config", "key.cnf"], stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "cms", "-encrypt", "-binary", "-outform", "DER", "-in", "a.txt", "-out", out + "/cms-enveloped", "c.pem"], stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "cms", "-encrypt", "-binary", "-stream", "-outform", "DER", "-in", "a.txt", "-out", out + "/cms-enveloped-stream", "c.pem"], stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", "a.txt", "-signer", "c.pem", "-inkey", "k.pem", "-out", out + "/cms-signed"], stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-in", "a.txt", "-signer", "c.pem", "-inkey", "k.pem", "-out", out + "/cms-detached"], stderr=subprocess.DEVNULL)
# OpenSSL is mostly built without what compresses.
def der(tag, *parts):
    b = b"".join(parts)
    n = len(b)
    return bytes([tag]) + (bytes([n]) if n < 128 else b"\x82" + struct.pack(">H", n)) + b
put("cms-compressed", der(0x30, der(6, bytes.fromhex("2a864886f70d0109100109")), der(0xa0, der(0x30, der(2, b"\0"),
    der(0x30, der(6, bytes.fromhex("2a864886f70d0109100308"))), der(0x30, der(6, bytes.fromhex("2a864886f70d010701")), der(0xa0, der(4, zlib.compress(TEXT))))))))
# OpenPGP: a packet of each kind, as gpg(1) makes them; the session key's algorithm does not matter.
def packet(tag, body):
    return bytes([0xc0 | tag]) + b"\xff" + struct.pack(">I", len(body)) + body
skesk = packet(3, b"\4\x09\3\x0a" + NOISE[:8] + b"\x60")
pkesk = packet(1, b"\3" + NOISE[:8] + b"\1" + struct.pack(">H", 2048) + b"\x80" + NOISE[:255])
seipd = packet(18, b"\1" + NOISE[:3000])
put("pgp-symmetric", skesk + seipd)
put("pgp-public", pkesk + seipd)
old = bytes([0x80 | 1 << 2 | 1]) + struct.pack(">H", 268) + b"\3" + NOISE[:8] + b"\1" + struct.pack(">H", 2048) + b"\x80" + NOISE[:254]
put("pgp-public-old", old + seipd)
import base64
put("pgp-armor", b"-----BEGIN PGP MESSAGE-----\n\n" + base64.encodebytes(pkesk + seipd) + b"=abcd\n-----END PGP MESSAGE-----\n")
put("pgp-key-armor", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + base64.encodebytes(NOISE[:900]) + b"=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n")
put("pgp-signature-armor", b"-----BEGIN PGP SIGNATURE-----\n\n" + base64.encodebytes(NOISE[:300]) + b"=abcd\n-----END PGP SIGNATURE-----\n")
pgp = lambda tag, body: b"-----BEGIN PGP MESSAGE-----\nComment: x\n\n" + base64.encodebytes(packet(tag, body)) + b"=abcd\n-----END PGP MESSAGE-----\n"
put("pgp-armor-compressed", pgp(8, b"\1" + NOISE[:900]))
put("pgp-inline", b"Hello,\r\nsee below.\r\n" + pgp(1, pkesk[6:]).replace(b"\n", b"\r\n") + b"\r\nBye\r\n")
put("pgp-mentioned", b"Such a message begins with \"-----BEGIN PGP MESSAGE-----\", they say.\n")
put("age", b"age-encryption.org/v1\n-> X25519 abc\n" + NOISE[:900])

# ---- limits (the test sets MaxRecursion 6, MaxFiles 50, MaxFileSize 1 MB, MaxScanSize 3 MB for names with "limit-") ----
nest = zip_raw([a])
for i in range(9):
    nest = zip_raw([("n%d.zip" % i, 0, nest, nest, 0)])
put("limit-recursion", nest)
put("limit-files", zip_raw([("f%d" % i, 0, TEXT[:50], TEXT[:50], 0) for i in range(80)]))
big = TEXT * 40
put("limit-filesize-member", zip_raw([a, ("big", 8, deflate(big), big, 0)]))
put("limit-filesize", big)
put("limit-scansize", zip_raw([("f%d" % i, 8, deflate(big[:900000 + i]), big[:900000 + i], 0) for i in range(6)]))
put("limit-none", zip_raw([a]))
if lacking:
    print("lacking: " + " ".join(sorted(lacking)))
shutil.rmtree(work)

# hopwardctl extract: every object as a file, names made safe, nothing written over; with and without an engine.
. tests/ctl/lib.sh

tests/gen-database "$T/db"
chmod 755 "$T/db"
eicar="X5O!P%@AP[4\\PZX54(P^)7CC)7}"'$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'
extract() { run -o scanner.path="$B/hopward-scan" extract "$@"; }
left_over() { find /dev/shm "${TMPDIR:-/tmp}" ${XDG_RUNTIME_DIR:+"$XDG_RUNTIME_DIR"} -maxdepth 1 -name 'hopwardctl.*' 2>/dev/null | sort; }
before=$(left_over)
nothing_new() { [ -z "$(comm -13 <(printf '%s\n' "$before") <(left_over))" ]; }
# of PATH MEMBER: of the index' entry with that path.
of() { perl -MJSON::PP -e 'my $o = decode_json(do { local $/; open my $f, "<", "$ENV{T}/objects/index.json" or die; <$f> });
	my ($e) = grep { $_->{path} eq $ARGV[0] } @{$o->{objects}}; binmode STDOUT, ":utf8"; print $e->{$ARGV[1]} // "null"' "$@"; }
part() {	# part NAME ENCODING < content
	printf -- '--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="%s"\nContent-Transfer-Encoding: %s\n\n' "$1" "$2"
}
{
	printf 'From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello'
	printf '\n'; part 'evil.com' base64; printf %s "$eicar" | base64
	part '../../../etc/passwd' base64; echo passwd | base64
	part '.bashrc' base64; echo rc | base64
	part "$(printf 'x\342\200\256fdp.exe')" base64; echo bidi | base64
	part "$(printf 'a.\033[31mb/c')" base64; echo escape | base64
	part '-rf' base64; echo dash | base64
	part 'again.txt' base64; printf %s "$eicar" | base64
	part 'x.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' base64; echo long | base64
	part 'split.bin' base64; printf 'aGVs=bG8gd29ybGQK\n'
	printf -- '--b--\n'
} >"$T/m.eml"

# without an engine
extract --no-engine "$T/m.eml" "$T/objects"; exits 0 extract; silent extract
same "$(stat -c %a "$T/objects")" 700 "the directory is made, for its owner alone"
same "$(find "$T/objects" -type f ! -perm 600 | wc -l)" 0 "files are for their owner alone"
same "$(find "$T/objects" -mindepth 1 ! -type f | wc -l)" 0 "there are files and nothing else"
same "$(cd "$T/objects" && find . -type f | LC_ALL=C grep -cvE '^\./[A-Za-z0-9_][A-Za-z0-9_.+-]*$')" 0 "safe names"
has "2-275a021bbfb6.com" "path, digest, extension"; has "They may be malicious" "the warning"; lacks $'\033' "the listing"; lacks $'\342\200\256' "the listing"
same "$(cat "$T/objects/2-275a021bbfb6.com")" "$eicar" "the octets"
same "$(of 2 name)" evil.com "the index: name"; same "$(of 2 sha256)" 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f "the index: digest"
same "$(of 2 decoder)" base64 "the index: decoder"; same "$(of 2 view)" strict "the index: view"; same "$(of 2 outcome)" null "the index: no outcome without an engine"
same "$(of 8 file)" 2-275a021bbfb6.com "octets that came before are one file"; same "$(of 8 why)" "the same octets as an object before" "and the index says so"
same "$(of 0 file)" null "the message itself is no object"
same "$(of 3 name)" ../../../etc/passwd "the index has the name as it was"
grep -q "generic\|exact\|joined" <<<"$out"; say $? "objects of further readings are there"
# Each file is what the index says.
bad=$(perl -MJSON::PP -MDigest::SHA -e 'my $o = decode_json(do { local $/; open my $f, "<", "$ENV{T}/objects/index.json" or die; <$f> }); my %n;
	for (@{$o->{objects}}) { next unless defined $_->{file}; $n{$_->{file}} = 1; my $p = "$ENV{T}/objects/$_->{file}";
	print "$_->{path} " if -s $p != $_->{size} || Digest::SHA->new(256)->addfile($p)->hexdigest ne $_->{sha256} }
	print scalar(keys %n)')
same "$bad" "$(($(find "$T/objects" -type f | wc -l) - 2))" "every file is in the index, with its size and digest"
ls "$T/objects" >"$T/ls"

# nothing is written over
extract --no-engine "$T/m.eml" "$T/objects"; exits 73 "a second time"; errs "index already" "a second time"
same "$(ls "$T/objects")" "$(cat "$T/ls")" "it is as it was"
mkdir "$T/trap"; echo safe >"$T/safe"; ln -s "$T/safe" "$T/trap/2-275a021bbfb6.com"
extract --no-engine "$T/m.eml" "$T/trap"; exits 74 "a link in the way"; same "$(cat "$T/safe")" safe "a link in the way is not followed"
mkdir "$T/trap2"; ln -s "$T/safe2" "$T/trap2/index.json"
extract --no-engine "$T/m.eml" "$T/trap2"; exits 73 "a dangling link for the index"; [ ! -e "$T/safe2" ]; say $? "it is not followed"
mkdir "$T/open"; chmod 1777 "$T/open"
extract --no-engine "$T/m.eml" "$T/open"; exits 73 "a directory for all"; errs "others may write" "a directory for all"
extract --no-engine "$T/m.eml" "$T/safe"; exits 73 "a file as directory"
extract --no-engine "$T/nix.eml" "$T/new"; exits 66 "no message"; [ ! -e "$T/new" ]; say $? "nothing is left of it"
extract --no-engine "$T/m.eml"; exits 64 "no directory"
extract --no-engine --database "$T/db" "$T/m.eml" "$T/new"; exits 64 "an engine and none"

# with an engine
rm -rf "$T/objects"
extract --database "$T/db" "$T/m.eml" "$T/objects"; exits 0 "with an engine"; has "infected (Eicar" "with an engine"
same "$(of 2 outcome)" infected "the index: outcome"; same "$(of 1 outcome)" clean "the index: outcome"
same "$(ls "$T/objects")" "$(cat "$T/ls")" "the same files"
rm -rf "$T/objects"
run -o scanner.path="$B/hopward-scan" -o clamav.DatabaseDirectory="$T/none" extract "$T/m.eml" "$T/objects"; exits 0 "no signatures"; errs "nothing is scanned" "no signatures"
rm -rf "$T/objects"
extract --json --no-engine "$T/m.eml" "$T/objects"; exits 0 json; same "$out" "$(cat "$T/objects/index.json")" "--json is the index"

# members of archives are named, and no files
perl -e 'use strict; my ($n, $d) = ("inner.txt", "member"); my $crc = 0xffffffff;
	for my $c (unpack "C*", $d) { $crc ^= $c; $crc = $crc & 1 ? $crc >> 1 ^ 0xedb88320 : $crc >> 1 for 1 .. 8 } $crc ^= 0xffffffff;
	my $h = pack "vvvvvVVVvv", 20, 0, 0, 0, 0x21, $crc, length $d, length $d, length $n, 0;
	my $l = "PK\3\4$h$n$d"; my $c = "PK\1\2" . pack("v", 20) . $h . pack("vvvVV", 0, 0, 0, 0, 0) . $n;
	print $l, $c, "PK\5\6", pack "vvvvVVv", 0, 0, 1, 1, length $c, length $l, 0' >"$T/z.zip"
{ printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n'; part a.zip base64; base64 <"$T/z.zip"; printf -- '--b--\n'; } >"$T/zip.eml"
rm -rf "$T/objects"
extract --database "$T/db" "$T/zip.eml" "$T/objects"; exits 0 "an archive"
cmp -s "$T/z.zip" "$T/objects/$(of 1 file)"; say $? "the archive is there whole"
grep -q '"member":true' "$T/objects/index.json" && { same "$(of 1/1 file)" null "its member is no file"; same "$(of 1/1 name)" inner.txt "but is in the index"; }

# bounds are told: the files are fewer
rm -rf "$T/objects"
head -c 300000 /dev/urandom >"$T/noise"
{ printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n'; part a.bin base64; base64 <"$T/noise"; printf -- '--b--\n'; } >"$T/big.eml"
extract --no-engine -o 'mime.max_decoded="100KB"' "$T/big.eml" "$T/objects"; exits 1 "mime.max_decoded"; errs "a bound was reached" "mime.max_decoded"; grep -q '"complete":false' "$T/objects/index.json"; say $? "and the index says so"
rm -rf "$T/objects"
extract --database "$T/db" -o 'mime.max_decoded="100KB"' "$T/big.eml" "$T/objects"; exits 1 "mime.max_decoded with an engine"; errs "mime.max_decoded" "it is named"
rm -rf "$T/objects"
extract --no-engine "$T/big.eml" "$T/objects"; exits 0 "an object of several frames"; cmp -s "$T/noise" "$T/objects/$(of 1 file)"; say $? "it is whole"
extract --no-engine -o 'spool.message="64KB"' "$T/big.eml" "$T/o2"; exits 65 "beyond spool.message"; [ ! -e "$T/o2" ]; say $? "nothing is left of that"

# a worker that dies: what came before is there, and the index says how far
{ printf 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n'; part a.bin base64; echo first | base64; part victim base64; echo second | base64
  part c.bin base64; echo third | base64; printf -- '--b--\n'; } >"$T/victim.eml"
sed "s|@HOOK@|abort:victim|; s|@REAL@|$B/hopward-scan|" tests/ctl/hooked-scan >"$T/hooked"; chmod 755 "$T/hooked"
rm -rf "$T/objects"
run -o scanner.path="$T/hooked" extract --no-engine "$T/victim.eml" "$T/objects"; exits 1 "a worker aborts"; errs "crash (signal 6)" "a worker aborts"
same "$(cat "$T/objects/$(of 2 file)")" second "what killed it is there"; same "$(of 3 file)" null "what came after it is not"
until_true nothing_new; say $? "no scratch space is left"

# a full disk, where one can be had
if [ "$(id -u)" = 0 ] && mkdir "$T/small" && mount -t tmpfs -o size=64k,mode=700 none "$T/small" 2>/dev/null; then
	extract --no-engine "$T/big.eml" "$T/small"; exits 74 "a full disk"; errs "No space left" "a full disk"
	umount "$T/small"
fi
echo done

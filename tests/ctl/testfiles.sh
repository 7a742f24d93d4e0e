# Debian's clamav-testfiles, each as an attachment, with the generated signatures: all of one run.
. tests/ctl/lib.sh
dir=/usr/share/clamav-testfiles
tests/gen-database "$T/db"
chmod 755 "$T/db"
files=()
for f in "$dir"/clam*; do
	n=${f##*/}
	{
		printf 'From: a@example.org\nTo: b@example.com\nMIME-Version: 1.0\nContent-Type: application/octet-stream\n'
		printf 'Content-Disposition: attachment; filename="%s"\nContent-Transfer-Encoding: base64\n\n' "$n"
		base64 "$f"
	} >"$T/$n.eml"
	files+=("$T/$n.eml")
done
run scan --json --database "$T/db" "${files[@]}"
exits 1 "testfiles"
same "$(printf '%s\n' "$out" | wc -l)" "${#files[@]}" "a line for each file"
while IFS='	' read -r name outcome signature; do
	case $outcome:$signature in
	infected:ClamAV-Test-File*) say 0 "$name" ;;
	*) out="$outcome $signature" err='' say 1 "$name is infected" ;;
	esac
done < <(printf '%s\n' "$out" | perl -MJSON::PP -ne '$o = decode_json($_); ($n) = $o->{file} =~ m{([^/]+)\.eml$}; print join("\t", $n, $o->{outcome}, $o->{signature} // "-"), "\n"')
echo done

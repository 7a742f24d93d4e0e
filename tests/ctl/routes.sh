# hopwardctl hops on whole messages: chains of known gateways and services, hop by hop; and that the table is readable.
. tests/ctl/lib.sh

# tests/corpus/routes/NAME.want: "args ..." of hops, "boundary N", then a line for each hop: NAME=VALUE, blanks as '_'.
# What is not named must not be there (helo, id and times but for delay are not compared; grade, bits, rdns, version,
# cipher, with, by and reason where named).
profiles=$PWD/conf/profiles
compare() {	# compare WANT: prints each difference of the JSON line on standard input
	perl -MJSON::PP -e '
		my ($file) = @ARGV;
		my $got = decode_json(do { local $/; <STDIN> });
		open my $f, "<", $file or die "$file: $!\n";
		my $n = 0;
		while (<$f>) {
			chomp;
			next if /^args/;
			if (/^boundary (.*)/) {
				my $b = $got->{boundary} // "null";
				print "$file:$.: boundary: got $b, want $1\n" if $b ne $1;
				next;
			}
			my %want = (local => 0, auth => 0, ip => "", delay => "", map { split /=/, $_, 2 } split / /);
			my $h = $got->{hops}[$n++] or do { print "$file:$.: got no such hop\n"; next };
			my %is = (tls => $h->{tls}{used}, map({ $_ => $h->{tls}{$_} } qw(version cipher bits grade reason)),
			    map({ $_ => $h->{from}{$_} } qw(helo rdns ip)), by => $h->{by}{host}, with => $h->{with},
			    evidence => $h->{evidence}, delay => $h->{delay}, local => $h->{local} ? 1 : 0, auth => $h->{auth} ? 1 : 0);
			for (sort keys %want) {
				my $is = $is{$_} // "";
				$is =~ tr/ /_/;
				print "$file:$.: $_: got \"$is\", want \"$want{$_}\"\n" if $is ne $want{$_};
			}
		}
		my $all = @{$got->{hops}};
		print "$file: got $all hops, want $n\n" if $all != $n;
	' "$1"
}

for want in tests/corpus/routes/*.want; do
	mail=${want%.want}.eml name=${want##*/}
	name=${name%.want}
	read -r _ args <"$want"
	# shellcheck disable=SC2086 # several words
	run -o profiles="$profiles" hops --json $args "$mail"; exits 0 "$name"
	same "$(printf '%s\n' "$out" | compare "$want")" "" "$name: hop by hop"
	perl -pe 's/\n/\r\n/' "$mail" >"$T/crlf.eml"
	# shellcheck disable=SC2086
	run -o profiles="$profiles" hops --json $args "$T/crlf.eml"
	same "$(printf '%s\n' "$out" | compare "$want")" "" "$name: hop by hop, CR LF"
	for width in 80 120; do
		on_terminal $width "$CTL -c /dev/null -o profiles=$profiles hops $args $mail"
		plain=$(sed 's/\x1b\[[0-9;]*m//g' "$T/tty" | tr -d '\r' | grep -v '^Script ')
		same "$(printf '%s\n' "$plain" | awk -v w=$width 'NR > 1 && length > w' | head -3)" "" "$name: rows keep within $width columns"
	done
done
echo done

# hopwardctl hops: the route as a table and as JSON, what options simulate, hostile fields, exit codes.
. tests/ctl/lib.sh

profiles=$PWD/conf/profiles
hops() { run -o profiles="$profiles" hops "$@"; }
# member NAME: its value in the one JSON line of the output.
member() { printf '%s\n' "$out" | perl -MJSON::PP -e 'my $o = JSON::PP->new->canonical->decode(do { local $/; <STDIN> });
	for (split /\./, $ARGV[0]) { $o = ref $o eq "ARRAY" ? $o->[$_] : $o->{$_} }
	print ref $o && !JSON::PP::is_bool($o) ? JSON::PP->new->canonical->encode($o) : JSON::PP::is_bool($o) ? ($o ? "true" : "false") : $o // "null"' "$1"; }
evidence() { printf '%s\n' "$out" | perl -MJSON::PP -e 'print join " ", map { $_->{evidence} } @{decode_json(do { local $/; <STDIN> })->{hops}}'; }
cat >"$T/mail.eml" <<'END'
Received: from gw.example.net (gw.example.net [203.0.113.20])
	(using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519)
	(No client certificate requested) by mx.example.com (Postfix) with ESMTPS id 80E9BDA000000
	for <r@example.com>; Mon, 2 Mar 2026 10:00:05 +0000 (UTC)
Received: from gw.example.net (localhost [127.0.0.1]) by gw.example.net (amavisd-new, port 10024) with ESMTP id 2vW;
	Mon, 2 Mar 2026 10:00:03 +0000 (UTC)
Received: from a.example.net (203.0.113.48) by gw.example.net (198.51.100.250) with Microsoft SMTP Server
	(version=TLS1_2, cipher=TLS_RSA_WITH_AES_128_CBC_SHA) id 15.20.9137.12 via Frontend Transport;
	Mon, 2 Mar 2026 10:00:00 +0000
Received: from [198.51.100.9] (port=4711 helo=laptop) by a.example.net with esmtpsa (TLS1.3) tls TLS_AES_256_GCM_SHA384
	(Exim 4.98) (envelope-from <s@example.net>) id 1aAAAA-000001-2B; Mon, 02 Mar 2026 10:00:02 +0000
Received: from c.example.net (c.example.net [198.51.100.70]) by a.example.net (Postfix) with ESMTP id X1;
	Mon, 2 Mar 2026 09:59:00 +0000
Subject: x

body
END

# the table
hops "$T/mail.eml"; exits 0 table; silent table
has "5 hops, newest first; graded by uk_gov/" table; lacks boundary "nothing was observed"
has "gw.example.net [203.0.113.20]" "who"; has "mx.example.com" "by whom"
has "ESMTPS TLSv1.3 TLS_AES_128_GCM_SHA256" "how"; has "recommended" "grade"; has "ESMTP, no TLS" "in clear"
has "ESMTP, inside one host" "a loop"; has "2 s" "delay"; has "-2 s" "clocks that differ"
has "legacy: no forward secrecy" "why a grade is low"; has "esmtpsa TLSv1.3 TLS_AES_256_GCM_SHA384, logged in" "a log-in"
same "$(printf '%s\n' "$out" | grep -c ' claimed')" 5 "without --client all is claimed"
lacks "$(printf '\033')" "colour in a pipe"
IN=$T/mail.eml hops -; exits 0 "standard input"; has "standard input: 5 hops" "standard input"
run -o profile= hops "$T/mail.eml"; exits 0 "no profile"; has "TLS is not graded" "no profile"; lacks recommended "no profile"

# what is observed and trusted
hops --client 192.0.2.1,gw.example.org --tls TLSv1.2,ECDHE-RSA-AES256-GCM-SHA384,256 "$T/mail.eml"
has "6 hops, newest first; hop 0 is the boundary" observed; has "gw.example.org [192.0.2.1]" observed
has "TLSv1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" "the observed cipher in IANA's name"
hops --json --client 192.0.2.1 "$T/mail.eml"; same "$(evidence)" "observed claimed claimed claimed claimed claimed" "a stranger"
same "$(member boundary)" 0 "a stranger's boundary"; same "$(member hops.0.tls.used)" unknown "no --tls"
same "$(member hops.0.tls.reason)" not-offered "no --tls: why"; same "$(member hops.0.by.host)" null "the observed hop has no field"
hops --json --client 192.0.2.1 --internal 192.0.2.0/24 "$T/mail.eml"
same "$(evidence)" "observed attested claimed claimed claimed claimed" "one gateway"; same "$(member boundary)" 1 "one gateway's boundary"
hops --json --client 192.0.2.1 --internal 192.0.2.0/24 --internal 203.0.113.20 "$T/mail.eml"
same "$(evidence)" "observed attested attested attested claimed claimed" "two gateways and a loop"
same "$(member boundary)" 3 "two gateways' boundary"
hops --json --client 192.0.2.1 -o internal_networks=192.0.2.1 "$T/mail.eml"; same "$(member boundary)" 1 "the configuration's networks"
hops --json --tls none "$T/mail.eml"; same "$(member hops.0.tls.used)" no "--tls none"; same "$(member hops.0.tls.grade)" none "--tls none"
hops --json --internal 0.0.0.0/0 "$T/mail.eml"; same "$(evidence)" "claimed claimed claimed claimed claimed" "trust begins at a client"
same "$(member boundary)" null "no boundary"

# JSON
hops --json "$T/mail.eml"; exits 0 json; silent json
same "$(printf '%s\n' "$out" | wc -l)" 1 "one line"; same "$(member file)" "$T/mail.eml" "file"
same "$(member hops.0.tls.used)" yes "used"; same "$(member hops.0.tls.version)" TLSv1.3 "version"
same "$(member hops.0.tls.cipher)" TLS_AES_128_GCM_SHA256 "cipher"; same "$(member hops.0.tls.bits)" 128 "bits"
same "$(member hops.0.with)" ESMTPS "with"; same "$(member hops.0.from.helo)" gw.example.net "helo"
same "$(member hops.0.from.rdns)" gw.example.net "rdns"; same "$(member hops.0.from.ip)" 203.0.113.20 "ip"
same "$(member hops.0.by.host)" mx.example.com "by"; same "$(member hops.0.auth)" false "auth"; same "$(member hops.3.auth)" true "auth"
same "$(member hops.0.time)" 1772445605 "time"; same "$(member hops.0.delay)" 2 "delay"; same "$(member hops.2.delay)" -2 "delay, raw"
same "$(member hops.2.tls.version)" TLS1_2 "version as written"; same "$(member hops.2.tls.normalised.version)" TLSv1.2 "normalised"
same "$(member hops.2.tls.grade)" legacy "grade"; same "$(member hops.1.local)" true "local"
same "$(member hops.4.tls)" '{"bits":null,"cipher":null,"grade":"none","normalised":{"cipher":null,"version":null},"reason":"no TLS","used":"no","version":null,"words":"ESMTP"}' "a hop in clear"
like=$(member profile); case $like in uk_gov/*) say 0 "profile" ;; *) say 1 "profile: got $like" ;; esac
hops --json "$T/mail.eml" "$T/mail.eml"; same "$(printf '%s\n' "$out" | wc -l)" 2 "a line for each file"

# hostile and odd
printf 'Received: from \033[31mred (\342\200\256x [192.0.2.1]) by \007bell with ESMTP; never\nReceived:\nReceived: (((((\nReceived: from a\0b by c\n\nReceived: from body by body with ESMTPS\n' >"$T/odd.eml"
hops "$T/odd.eml"; exits 0 odd; has "4 hops" odd; lacks "$(printf '\033')" "an escape sequence"; lacks "$(printf '\342\200\256')" "an override of direction"
lacks body "a field in the body"
hops --json "$T/odd.eml"; exits 0 "odd, json"; same "$(member hops.1.from.ip)" null "an empty field"
: >"$T/void.eml"; hops "$T/void.eml"; exits 0 "an empty file"; has "no Received field" "an empty file"
hops --json "$T/void.eml"; same "$(member hops)" "[]" "an empty file, json"
for i in $(seq 70); do echo "Received: from h$i.example.net (h$i.example.net [192.0.2.$i]) by b with SMTP; Mon, 2 Mar 2026 10:00:00 +0000"; done >"$T/many.eml"
hops "$T/many.eml"; exits 0 "70 fields"; has "64 hops" "70 fields"; has "6 more Received fields were not read" "70 fields"
hops --json --client 192.0.2.1 "$T/many.eml"; same "$(printf '%s' "$(evidence)" | wc -w)" 65 "70 fields and the observed hop"
same "$(member more)" 6 "70 fields, json"
{ cat "$T/mail.eml"; head -c 5000000 /dev/zero | tr '\0' x; } >"$T/big.eml"
hops "$T/big.eml"; exits 0 "a large file"; has "5 hops" "a large file"; lacks "max_header_bytes" "a large body"
hops --json "$T/big.eml"; same "$(member header_cut)" false "a large body, json"
{ printf 'X-Pad: '; head -c 2000000 /dev/zero | tr '\0' x; echo; cat "$T/mail.eml"; } >"$T/pad.eml"
hops "$T/pad.eml"; exits 0 "a large header"; has "no Received field so far" "a large header"
has "read only up to mime.max_header_bytes (1048576 octets)" "a large header: the bound"
hops --json "$T/pad.eml"; same "$(member header_cut)" true "a large header, json"
hops --json -o mime.max_header_bytes=3MB "$T/pad.eml"; same "$(member header_cut)" false "a larger bound"; same "$(evidence)" "claimed claimed claimed claimed claimed" "a larger bound"
{ printf 'Received: from a.example.net (a.example.net [192.0.2.1]) by b.example.net\n'; for i in $(seq 1000); do printf ' %0100d\n' 0; done; printf ' with ESMTPS id 1; Mon, 2 Mar 2026 10:00:00 +0000\n\n'; } >"$T/long.eml"
hops "$T/long.eml"; exits 0 "a long field"; has "0 odd: " "a long field"
hops --json "$T/long.eml"; same "$(member hops.0.cut)" true "a long field, json"; same "$(member hops.0.tls.used)" unknown "a long field: its TLS"
same "$(member hops.0.odd)" true "a long field is odd"
printf 'Received: from %0300d (a.example.net [192.0.2.1]) by b.example.net with SMTP; Mon, 2 Mar 2026 10:00:00 +0000\n\n' 0 >"$T/name.eml"
hops "$T/name.eml"; has "0 cut: " "a long name"; hops --json "$T/name.eml"; same "$(member hops.0.cut)" true "a long name, json"
same "$(member hops.0.odd)" false "a long name, json"

# no encryption, in name and in fact
printf 'Received: from a (a [192.0.2.1]) by b (8.14.4/8.14.4) with ESMTP id 1 (version=TLSv1.2 cipher=NULL bits=0 verify=NO); Mon, 2 Mar 2026 10:00:00 +0000\n\n' >"$T/null.eml"
hops --json "$T/null.eml"; same "$(member hops.0.tls.cipher)" NULL "a NULL cipher"; same "$(member hops.0.tls.grade)" forbidden "a NULL cipher"
for p in uk_gov ncsc_nl nist bsi bcp195; do
	for c in TLSv1.2,NULL,0 TLSv1.3,NULL,0 TLSv1.3,NULL-SHA,0 TLSv1.2,TLS_NULL_WITH_NULL_NULL,0; do
		hops -o profile=$p --json --client 192.0.2.1 --tls $c "$T/null.eml"; exits 0 "$p $c"; same "$(member hops.0.tls.grade)" forbidden "$p $c"
	done
	for v in TLSv1 TLSv1.1 TLSv1.2; do
		hops -o profile=$p --json --client 192.0.2.1 --tls $v,SSL_RSA_WITH_3DES_EDE_CBC_SHA,112 "$T/null.eml"; want=$(member hops.0.tls.grade)
		hops -o profile=$p --json --client 192.0.2.1 --tls $v,SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA,112 "$T/null.eml"
		same "$(member hops.0.tls.grade)" "$want" "$p $v: FIPS' 3DES is graded as 3DES"
	done
done

# errors
hops; exits 64 "no file"; errs "hops wants FILE" "no file"
hops - -; exits 64 "standard input twice"
hops --client nowhere "$T/mail.eml"; exits 64 "--client no address"
hops --tls TLSv1.3 "$T/mail.eml"; exits 64 "--tls cut"
hops --internal 192.0.2.0/24 "$T/mail.eml"; exits 0 "--internal alone"; errs "--internal has no effect without --client" "--internal alone"
hops --client 192.0.2.1 --internal 192.0.2.0/24 "$T/mail.eml"; silent "--internal with --client"
for b in -1 "" 5000 x 1x; do hops --tls "TLSv1.3,NULL-SHA,$b" "$T/mail.eml"; exits 64 "--tls with \"$b\" bits"; done
hops --internal 10/8 "$T/mail.eml"; exits 64 "--internal no network"; errs "192.0.2.0/24" "--internal no network"
hops "$T/nix.eml" "$T/mail.eml"; exits 66 "a missing file"; errs "nix.eml: No such file" "a missing file"; has "mail.eml: 5 hops" "files after a missing one"
hops --json "$T/nix.eml"; exits 66 "a missing file, json"; same "$(member error)" "No such file or directory" "a missing file, json"
hops -o scanner.path=/bin/false "$T/mail.eml"; exits 69 "a scanner that ends at once"; errs "no scanner" "a scanner that ends at once"
hops -o profile=nix "$T/mail.eml"; exits 78 "a profile that is not there"; errs "nix.conf" "a profile that is not there"
"$CTL" -c /dev/null hops "$T/mail.eml" >/dev/full 2>"$T/err" </dev/null
rc=$? err=$(cat "$T/err"); exits 74 "output on a full disk"
run hops --help; exits 0 help; has "Example:" help

# a terminal
on_terminal 100 "$CTL -c /dev/null -o profiles=$profiles hops $T/mail.eml"
out=$(tr -d '\r' <"$T/tty"); has "$(printf '\033')" "colour on a terminal"
plain=$(sed 's/\x1b\[[0-9;]*m//g' "$T/tty" | tr -d '\r' | grep -v '^Script ')
same "$(printf '%s\n' "$plain" | awk 'NR > 1 && length > 100' | head -3)" "" "rows keep within 100 columns"
printf '%s\n' "$plain" | grep -qF "gw.example.net [203.0.113.20] -> mx.example.com"; say $? "two lines a hop where one has no room"
on_terminal 200 "$CTL -c /dev/null -o profiles=$profiles hops $T/mail.eml"
out=$(sed 's/\x1b\[[0-9;]*m//g' "$T/tty" | tr -d '\r'); has "from  " "one row a hop where there is room"; lacks " -> " "one row a hop where there is room"
echo done

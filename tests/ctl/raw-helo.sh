# Fields of a relay of ours in which a client's HELO or ident stands raw: neither trust nor a partner follows from his words.
. tests/ctl/lib.sh

profiles=$PWD/conf/profiles
tests/gen-database "$T/db"
chmod 755 "$T/db"
json() { printf '%s\n' "$out" | perl -MJSON::PP -e 'my $h = decode_json(do { local $/; <STDIN> })->{hops}; print join " ", map { '"$1"' } @$h'; }
printf 'internal_networks = [ "192.0.2.1", "10.0.0.0/24" ];\n' >"$T/ours.conf"
printf 'internal_networks = [ "192.0.2.1" ];\npartners = ( { name = "p"; domains = [ "p.example" ]; networks = "10.0.0.2"; action = "watch:reject"; } );\n' >"$T/partner.conf"
inner='Received: from x (x [198.51.100.1]) by gw2.ours.example (Postfix) with ESMTPS id 1A2B3C4D63; Mon, 02 Mar 2026 11:47:00 +0000'
mail() { printf '%s\n%s\nFrom: a@p.example\nSubject: x\n\nhello\n' "$1" "$inner" >"$T/m.eml"; }
over() { run -c "$T/ours.conf" -o profiles="$profiles" hops --json --client 192.0.2.1 "$T/m.eml"; exits 0 "$1"; }
partner() { run -c "$T/partner.conf" -o profiles="$profiles" scan --database "$T/db" --json --client 192.0.2.1 --from a@p.example --tls none "$T/m.eml"; }

# what is honest leads on
mail 'Received: from gw2 (gw2 [10.0.0.2]) by relay.ours.example (Postfix) with ESMTP id 1A2B3C4D62; Mon, 02 Mar 2026 11:48:00 +0000'
over honest; same "$(json '$_->{evidence}')" "observed attested attested" "an honest hop of ours"
partner; has '"confirmed":"network"' "an honest partner"

n=0
while IFS= read -r field; do
	n=$((n + 1))
	mail "$field"
	over "line $n"
	same "$(json '$_->{evidence}')" "observed attested claimed" "line $n: what follows is claimed"
	lacks 10.0.0.2 "line $n: the client's address is not his words'"
	case $(json '$_->{tls}{used}') in "unknown yes "*) say 1 "line $n: TLS by a client's words" ;; *) say 0 "line $n: TLS" ;; esac
	partner; lacks '"confirmed":"network"' "line $n: a partner by a client's words"; has '"confirmed":"unconfirmed"' "line $n: the partner"
done <tests/corpus/received/raw-helo.txt
same $n 16 "lines of the corpus"

# it is told
mail "$(head -1 tests/corpus/received/raw-helo.txt)"
run -o profiles="$profiles" hops "$T/m.eml"; has "0 odd: a client's words may stand among its writer's" "the table"
run -o profiles="$profiles" hops --json "$T/m.eml"; same "$(json '$_->{odd} ? 1 : 0')" "1 0" "JSON"
echo done

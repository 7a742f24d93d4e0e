# hopwardctl subject, and log --rcpt and --from: a person found through pseudonyms, and what cannot be found any more.
. tests/ctl/lib.sh

mkdir -m 700 "$T/r" "$T/keys"
printf 'gateway = "gw0"; records: { directory = "%s"; keys = "%s"; };\n' "$T/r" "$T/keys" >"$T/conf"
CONF=$T/conf
key() { head -c 32 /dev/urandom >"$T/keys/$1.key"; chmod 400 "$T/keys/$1.key"; }
for k in 2026-09-from 2026-09-to 2026-10-from 2026-10-to 2026-11-13-to; do key $k; done
# p KEY ADDRESS: the pseudonym, computed by another program
p() { printf 'p:%s' "$(printf '%s\0%s' "${1##*-}" "$2" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(od -An -v -tx1 "$T/keys/$1.key" | tr -d ' \n')" | sed 's/.*= //' | cut -c1-32)"; }
# message ID TIME FROM-DOMAIN FROM-LOCAL TO-DOMAIN TO-LOCAL
message() { printf '{"seq":1,"stream":"mail","salt":"00","leaf":"11","v":1,"type":"message","id":"R%s","time":"%sZ","gateway":"gw0","queue_id":"Q%s","class":"mx","from":{"domain":"%s","local":"%s"},"to":[{"domain":"other.example","local":"p:%032d"},{"domain":"%s","local":"%s"}],"rcpts":2,"size":100,"hops":[{"evidence":"observed","tls":"yes"}],"boundary":0,"outcome":"clean","action":"accept","rule":"mx.clean"}\n' "$1" "$2" "$1" "$3" "$4" 0 "$5" "$6"; }
delivery() { printf '{"seq":1,"stream":"collect","v":1,"type":"delivery","id":"D%s","time":"%sZ","gateway":"gw0","queue_id":"%s","to":[{"domain":"%s","local":"%s"}],"rcpts":1,"relay":{"host":"h"},"tls":"yes","dsn":"2.0.0","status":"sent"}\n' "$1" "$2" "$3" "$4" "$5"; }
jane=jane@example.org
{
	message 01 2026-09-02T10:00:00.000 example.org "$(p 2026-09-from $jane)" two.example p:1
	message 02 2026-09-02T11:00:00.000 two.example "$(p 2026-09-from x@two.example)" example.org "$(p 2026-09-to $jane)"
	message 03 2026-09-02T12:00:00.000 example.org "$(p 2026-09-from joe@example.org)" two.example p:1
} >"$T/r/mail-2026-09-02.jsonl"
{
	message 04 2026-10-30T10:00:00.000 example.org "$(p 2026-10-from $jane)" two.example p:1
	# another's queue id that comes back, the same pseudonym in the wrong period, the level full, the level minimal
	message 01 2026-10-30T11:00:00.000 two.example p:1 three.example p:1
	message 05 2026-10-30T12:00:00.000 example.org "$(p 2026-09-from $jane)" two.example p:1
	message 06 2026-10-30T13:00:00.000 two.example bob example.org Jane
	message 07 2026-10-30T14:00:00.000 two.example bob example.org jan
	message 08 2026-10-30T15:00:00.000 two.example bob example.org mini | sed 's/"domain":"example.org","local":"mini"/"domain":"example.org"/'
	printf '{"seq":9,"stream":"mail","v":1,"type":"event","id":"E1","time":"2026-10-30T16:00:00.000Z","gateway":"gw0","event":"except-add","data":{"id":"x","sender":"Jane@example.org"}}\n'
} >"$T/r/mail-2026-10-30.jsonl"
message 09 2026-11-13T10:00:00.000 two.example bob example.org "$(p 2026-11-13-to $jane)" >"$T/r/mail-2026-11-13.jsonl"
{ delivery 1 2026-09-02T10:00:05.000 Q01 two.example p:2; delivery 2 2026-09-02T10:00:05.000 QXX example.org "$(p 2026-09-to $jane)"; } >"$T/r/collect-2026-09-02.jsonl"
delivery 3 2026-10-30T11:00:05.000 Q01 three.example p:3 >"$T/r/collect-2026-10-30.jsonl"
printf '{"seq":1,"stream":"acts","v":1,"type":"event","id":"A1","time":"2026-10-30T10:30:00.000Z","gateway":"gw0","event":"held-release","data":{"ref":"R04","who":"adm"}}\n{"seq":2,"stream":"acts","v":1,"type":"event","id":"A2","time":"2026-10-30T10:31:00.000Z","gateway":"gw0","event":"held-release","data":{"ref":"R01","who":"adm"}}\n' >"$T/r/acts-2026-10-30.jsonl"
ids() { same "$(printf '%s\n' "$out" | grep -oE '"id":"[RDEA][0-9]+"' | cut -d'"' -f4 | tr '\n' ' ')" "$1" "$2"; }

run log --json --from $jane; exits 0 "--from"; ids "R01 R04 " "--from finds the person's, in each period"
run log --json --from "<JANE@Example.ORG>"; ids "R01 R04 " "case and brackets do not matter"
run log --json --rcpt $jane; exits 0 "--rcpt"; ids "D2 R02 R06 R09 " "--rcpt finds messages, deliveries, and whole local parts"
errs "of 1 senders and recipients of example.org nobody can say who they are" "--rcpt: a local part that was not kept"
run log --json --rcpt $jane --since 2026-10-01 --outcome clean; ids "R06 R09 " "--rcpt with other filters"
run log --json --rcpt $jane --from bob@two.example; ids "R06 R09 " "both"
run log --json --rcpt nobody@example.org; exits 0 "--rcpt nobody"; ids "" "nobody"
run log --status sent --from $jane; exits 64 "--from is of messages"
run log --domain $jane; exits 64 "--domain and an address"; errs "--rcpt" "--domain and an address"
run log --json --rcpt $jane "$T/r/mail-2026-09-02.jsonl"; ids "R02 " "--rcpt in a file"

run subject --json --no-held $jane; exits 0 subject
same "$(printf '%s' "$out" | perl -MJSON::PP -0777 -ne '$d = decode_json($_); print join(" ", map { "$_->{record}{id}=" . join("+", @{$_->{as}}) } @{$d->{records}}), " $d->{address} $d->{undecided}"')" \
    "R01=sender D1=delivery D2=recipient R02=recipient R04=sender A1=act A2=act R06=recipient E1=exception R09=recipient $jane 1" "subject: all that is his, and as what"
run subject --no-held $jane; exits 0 "subject, text"; has "sender     " "subject, text"; has "10 of 16 records" "subject, text"; has "recipient  " "subject, text"
run subject --no-held joe@example.org; has "1 of 16 records" "somebody else"
run subject; exits 64 "subject of nobody"; run subject --erase $jane; exits 64 "erasing is not there"
run subject --no-held "$jane" "$T/nix"; exits 66 "a file that is not there"

# a key that is gone takes its period with it, and that is said
rm -f "$T"/keys/2026-09-*
run log --json --rcpt $jane; ids "R06 R09 " "without its keys a period is not found"; errs "of 3 senders and recipients" "without its keys: said"
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$T"; chmod 755 "$T/r"
	setpriv --reuid=61951 --regid=61951 --clear-groups "$CTL" -c "$T/conf" log --rcpt $jane >"$T/out" 2>"$T/err"; rc=$?; out=$(cat "$T/out"); err=$(cat "$T/err")
	exits 77 "a reader of the records who may not read the keys"; errs "the keys of pseudonyms are needed" "a reader without keys"
fi
echo done

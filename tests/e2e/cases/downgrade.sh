# A confirmed peer that always came with TLS comes in clear: one alarm, also after a restart; forged mail in its name raises none.
. "$(dirname "$0")/../lib.sh"
write_conf 'partners = ( { name = "sender"; domains = [ "sender.test" ]; networks = [ "127.0.0.1" ]; action = "log"; } );
trusted_authserv_ids = [ "auth.example.test" ];'
start_hopward -o downgrade.messages=3
start_mta
# Sendmail takes mail from hosts only that it knows by name.
[ ! -f "$T/sendmail/hosts" ] || echo '127.0.0.2 localhost' >>"$T/sendmail/hosts"
SUBJECT=partner compose "$T/in/a"
# Another sender, whose SPF a host of ours has checked.
FROM=carol@other.test HEADERS='Authentication-Results: auth.example.test; spf=pass smtp.mailfrom=other.test
' compose "$T/in/spf"
alarms() { events | grep '"event":"downgrade"'; }
alarm_data() { alarms | tail -1 | field "data.$1"; }
as_stranger() { send "$@" --local-interface 127.0.0.2; }

for i in 1 2 3; do
	send "tls$i" "$T/in/a" --tls
	FROM=carol@other.test as_stranger "spf$i" "$T/in/spf" --tls
done
like "last reply" "$REPLY" '^250 '
equal "alarm" "$(status front.downgrade.alarm)" on
equal "domains and the network" "$(status front.downgrade.peers)" 3
equal "each with a habit" "$(status front.downgrade.habits)" 3
as_stranger forged "$T/in/a"
equal "in its name from elsewhere, in clear" "$(last hops.0.tls) $(last client.ip)" "no 127.0.0.2"
equal "raises nothing" "$(status front.downgrade.alarms)" 0
check "a reload keeps the habits" ctl reload
stop_hopward
like "the file" "$(cat "$T/key/peers")" 'sender\.test 3 recommended'
unlike "names no persons" "$(cat "$T/key/peers")" 'alice|carol|@'

start_hopward -o downgrade.messages=3
wait_engine
send clear "$T/in/a"
like "it is delivered all the same" "$REPLY" '^250 '
id=$(last id)
equal "one event" "$(alarms | wc -l)" 1
equal "whose" "$(alarm_data peer) $(alarm_data network) $(alarm_data confirmed)" "sender.test 127.0.0.1/32 network"
equal "what it was" "$(alarm_data was) $(alarm_data now) $(alarm_data messages)" "recommended none 3"
like "since" "$(alarm_data since)" '^20[0-9-]+T[0-9:]+Z$'
equal "the message" "$(alarm_data id)" "$id"
equal "one line in the log" "$(grep -c 'downgrade: sender\.test came without TLS' "$T/log/hopward")" 1
equal "the metric" "$(status front.downgrade.alarms)" 1
like "for people" "$(ctl status)" 'downgrade alarm: +on; 1 raised, 3 peers known, 1 with a habit'
send again "$T/in/a"
FROM=carol@other.test as_stranger again "$T/in/a" --from carol@other.test
equal "the second one raises none" "$(status front.downgrade.alarms) $(alarms | wc -l)" "1 1"
FROM=carol@other.test as_stranger spf "$T/in/spf"
equal "by SPF" "$(alarm_data peer) $(alarm_data network) $(alarm_data confirmed)" "other.test - spf"
equal "two now" "$(status front.downgrade.alarms) $(alarms | wc -l)" "2 2"

# Where TLS ends before the MTA nothing can be told, and that is said.
echo "proxied_listeners = [ \":$SMTP\" ];" >>"$T/hopward.conf"
check "reload" ctl reload
is_off() { send off "$T/in/a"; [ "$(status front.downgrade.alarm)" = off ]; }
check "off" wait_for 20 is_off
like "why" "$(ctl status)" 'downgrade alarm: +off: TLS ends before the MTA \(proxied_listeners\)'
sed -i '/^partners = /d; /^trusted_authserv_ids/d' "$T/hopward.conf"
check "reload" ctl reload
nobody() { [[ $(ctl status) =~ "off: nobody can be confirmed" ]]; }
check "nobody can be confirmed" wait_for 20 nobody
stop_hopward
echo 'rubbish' >"$T/key/peers"
start_hopward
check "set aside" grep -q rubbish "$T/key/peers.bad"
check "and said" grep -q 'downgrade.file: .*set aside' "$T/log/hopward"
like "status, too" "$(ctl status)" 'the habits were lost at the start: .*peers: line 1 makes no sense; it is set aside'
stop_hopward
start_hopward
unlike "up to the next start" "$(ctl status)" 'habits were lost'
stop_hopward
# Unreadable: the mail is filtered nevertheless.
rm -f "$T/key/peers.bad"
echo 'rubbish' >"$T/key/peers"
chown 0 "$T/key/peers"
chmod 0 "$T/key/peers"
echo 'trusted_authserv_ids = [ "auth.example.test" ];' >>"$T/hopward.conf"
start_hopward
check "set aside" test -e "$T/key/peers.bad"
like "and said why" "$(ctl status --json)" '"lost": *"[^"]*peers: (Permission denied|line 1 makes no sense); it is set aside'

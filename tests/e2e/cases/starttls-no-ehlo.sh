# A client that says no EHLO after STARTTLS: its TLS is known at MAIL.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
mkfifo "$T/in/fifo"
openssl s_client -starttls smtp -quiet -crlf -connect "127.0.0.1:$SMTP" <"$T/in/fifo" >"$T/log/session" 2>&1 &
client=$!
exec 3>"$T/in/fifo"
said() { grep -q "^$1" "$T/log/session"; }
# A line that begins with R or Q would be a command to s_client.
printf 'MAIL FROM:<alice@sender.test>\nrcpt TO:<bob@example.test>\nDATA\n' >&3
check "no EHLO is wanted" wait_for 20 said 354
printf 'Subject: starttls-no-ehlo\n\nwords\n.\n' >&3
check "recorded" wait_for 20 has_records 1
check "delivered" wait_for 20 delivered 1
exec 3>&-
kill $client 2>/dev/null; wait $client 2>/dev/null
equal "tls" "$(last hops.0.tls) $(last hops.0.version)" "yes TLSv1.3"
equal "class" "$(last class)" mx

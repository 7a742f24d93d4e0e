# Two and more messages in one session, pipelined: each its own verdict and record.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
compose "$T/in/a"
eicar >"$T/in/eicar.com"
compose "$T/in/b" "$T/in/eicar.com" eicar.com application/octet-stream
equal "replies" "$(client send --pipeline "$T/in/a" "$T/in/b" "$T/in/a" | cut -c1-3 | tr '\n' ' ')" "250 550 250 "
equal "outcomes" "$(records | while read -r r; do echo "$r" | field outcome; echo; done | tr '\n' ' ')" "clean infected clean "
equal "queue ids differ" "$(records | while read -r r; do echo "$r" | field queue_id; echo; done | sort -u | wc -l)" 3
equal "ids differ" "$(records | while read -r r; do echo "$r" | field id; echo; done | sort -u | wc -l)" 3
check "delivered" wait_for 20 delivered 2

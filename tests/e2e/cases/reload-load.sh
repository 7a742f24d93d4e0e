# SIGHUP again and again under four connections: no message is lost, none refused, none waits long.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
wait_engine
compose "$T/in/a"
client load 4 "$T/stop" "$T/in/a" >"$T/log/load" 2>"$T/log/load.err" &
loader=$!
some() { [ "$(wc -l <"$T/log/load")" -ge "$1" ]; }
check "load runs" wait_for 30 some 20
for i in 1 2 3 4; do
	g=$(generation)
	hopward_signal HUP
	check "generation after $g" wait_for 60 generation_after "$g"
	n=$(wc -l <"$T/log/load")
	check "load goes on" wait_for 30 some $((n + 20))
done
touch "$T/stop"
wait $loader
sent=$(wc -l <"$T/log/load")
equal "refused" "$(grep -vc '^250 ' "$T/log/load")" 0
slowest=$(sort -k2 -n "$T/log/load" | tail -1 | cut -d' ' -f2)
limit=3000
san && limit=15000
check "slowest of $sent took $slowest ms, want < $limit" [ "$slowest" -lt $limit ]
note "$sent messages over 4 reloads, the slowest took $slowest ms"
equal "records" "$(record_count)" "$sent"
equal "all clean" "$(records | grep -c '"outcome":"clean"')" "$sent"
check "delivered" wait_for 60 delivered "$sent"
old_gone() { [ "$(children "$HOPWARD_PID" | wc -w)" = 2 ]; }
check "old generations are gone" wait_for 30 old_gone

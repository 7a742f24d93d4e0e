# The record has the route: this connection, what a gateway of ours wrote, what a stranger claims; each with its grade.
. "$(dirname "$0")/../lib.sh"
write_conf 'internal_networks = [ "127.0.0.0/8" ];'
start_hopward
start_mta
HEADERS=$(
	printf 'Received: from mail.sender.test (mail.sender.test [203.0.113.7]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))\n'
	printf '\tby ours.example.test (Postfix) with ESMTPS id 4X1y2Z3a4B; Mon, 2 Mar 2026 10:00:05 +0000 (UTC)\n'
	printf 'Received: from ours.example.test (ours.example.test [127.0.0.1]) by mail.sender.test (Postfix) with ESMTP id 4X1y2Z;\n'
	printf '\tMon, 2 Mar 2026 10:00:00 +0000 (UTC)\nX\n')
HEADERS=${HEADERS%X}
SUBJECT=route compose "$T/in/a"
send a "$T/in/a"
like "reply" "$REPLY" '^250 '
equal "observed" "$(last hops.0.evidence) $(last hops.0.tls) $(last hops.0.grade)" "- no none"
equal "attested" "$(last hops.1.evidence) $(last hops.1.tls) $(last hops.1.grade)" "attested yes recommended"
equal "its session" "$(last hops.1.version) $(last hops.1.cipher) $(last hops.1.bits)" "TLSv1.3 TLS_AES_256_GCM_SHA384 -"
equal "its client" "$(last hops.1.from.ip)" 203.0.113.7
equal "its delay" "$(last hops.1.delay)" 5
equal "claimed, though from one of ours" "$(last hops.2.by | grep -c .) $(last hops.2.evidence)" "1 -"
equal "boundary" "$(last boundary)" 1
like "profile" "$(last profile)" '^uk_gov/'
# The front reads the profile itself at a reload, as its own user.
printf 'profile = "bsi";\n' >>"$T/hopward.conf"
check "reload" ctl reload
by_bsi() { send b "$T/in/a" && [[ $(last profile) == bsi/* ]]; }
check "then by the other profile" wait_for 20 by_bsi
printf 'profiles = "/nowhere";\n' >>"$T/hopward.conf"
check_not "a profile that is not there" ctl reload
send c "$T/in/a"
like "the old one stays" "$(last profile)" '^bsi/'

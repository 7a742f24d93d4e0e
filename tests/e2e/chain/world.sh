# SPDX-License-Identifier: ISC
# A case's own small world: namespaces of mounts, network and processes, with its own /etc, /dev, /var and addresses.
#
# Sourced by a case before lib.sh, with the mail servers besides Postfix in
# WORLD_NEEDS (they are fetched here, as inside there is no network).  The
# case then starts anew inside.  Mail servers find the users, the spool folders
# and the log socket they insist on, and addresses that are no loopback, while
# the machine outside sees nothing of it; with the case, all processes in there
# end.  After lib.sh, world_begin makes the inside.

WORLD_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
FOREIGN=$WORLD_TOP/build/foreign	# one folder a server: their files overlap

if [ -z "${WORLD_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "$(basename "$0" .sh): namespaces need root" >&2; exit 77; }
	for s in $WORLD_NEEDS; do
		case $s in
		exim) set -- exim4-daemon-light ;;
		sendmail) set -- sendmail-bin sendmail-base sendmail-cf m4 ;;
		*) set -- "$s" ;;
		esac
		"$WORLD_TOP/tests/unpack" "$FOREIGN/$s" "$@" || { echo "  not ok: $s is needed and could not be unpacked"; exit 1; }
	done
	export WORLD_INSIDE=1
	exec unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private bash "$0"
fi

# world_begin NAME=ADDRESS...: each name in /etc/hosts, each address ours
world_begin() {
	local w=$T/world a d
	mkdir -p "$w/etc" "$w/dev" "$w/var/spool" "$w/var/lib" "$w/var/mail" "$w/var/log" "$w/var/tmp" "$w/run" || die "no world"
	chmod 1777 "$w/var/tmp"
	for d in passwd group services protocols ssl ld.so.cache ld.so.conf ld.so.conf.d postfix localtime mime.types alternatives perl; do
		[ ! -e "/etc/$d" ] || cp -a "/etc/$d" "$w/etc/" || die "no copy of /etc/$d"
	done
	echo "127.0.0.1 localhost" >"$w/etc/hosts"
	printf 'hosts: files\npasswd: files\ngroup: files\nservices: files\n' >"$w/etc/nsswitch.conf"
	: >"$w/etc/resolv.conf"
	echo world.test >"$w/etc/mailname"
	ip link set lo up || die "no loopback"
	for a in "$@"; do
		ip addr add "${a#*=}/32" dev lo || die "no address ${a#*=}"
		echo "${a#*=} ${a%%=*}" >>"$w/etc/hosts"
	done
	mount -t tmpfs -o mode=755 world "$w/dev" || die "no /dev"
	for d in null zero full random urandom; do
		: >"$w/dev/$d"
		mount --bind "/dev/$d" "$w/dev/$d" || die "no /dev/$d"
	done
	mkdir -m 1777 "$w/dev/shm"
	ln -s /proc/self/fd "$w/dev/fd" && ln -s fd/0 "$w/dev/stdin" && ln -s fd/1 "$w/dev/stdout" && ln -s fd/2 "$w/dev/stderr"
	mount --bind "$w/etc" /etc && mount --bind "$w/var" /var && mount --bind "$w/run" /run && mount --move "$w/dev" /dev || die "no mounts"
	ln -s /run "$w/var/run"
	"$E2E/sendmail/syslog" /dev/log "$T/log/syslog" &
	wait_for 10 test -S /dev/log || die "no /dev/log"
}
# world_user NAME UID HOME: a user and its group, in here only
world_user() {
	getent passwd "$1" >/dev/null && return 0
	echo "$1:x:$2:$2::$3:/usr/sbin/nologin" >>/etc/passwd
	echo "$1:x:$2:" >>/etc/group
}
# bound ADDRESS PORT: something listens there
bound() {
	local a
	a=$(printf '%02X%02X%02X%02X' $(echo "$1" | tr . '\n' | tac))
	grep -qi "^ *[0-9]*: $a:$(printf %04X "$2") 00000000:0000 0A " /proc/net/tcp
}

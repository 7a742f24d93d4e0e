# Who logs in submits: the class, the mechanism in the record, never the login name; a wrong password is no login.
. "$(dirname "$0")/../lib.sh"
start_hopward
start_mta
compose "$T/in/a"
login() { send "$1" "$T/in/a" "${@:3}" --auth "$2" --auth-user alice --auth-password sesame; }
login a PLAIN --tls
like "reply" "$REPLY" '^250 '
equal "class" "$(last class) $(last class_why)" "submission auth_type"
equal "mechanism" "$(last auth)" PLAIN
equal "tls" "$(last hops.0.tls) $(last hops.0.version)" "yes TLSv1.3"
login b LOGIN
like "in clear" "$REPLY" '^250 '
equal "mechanism" "$(last auth)" LOGIN
equal "tls" "$(last hops.0.tls)" no
send c "$T/in/a" --tls --auth PLAIN --auth-user alice --auth-password wrong --auth-optional
like "a wrong password is no login" "$REPLY" '^250 '
equal "class" "$(last class) $(last auth)" "mx -"
send d "$T/in/a"
equal "the next client has not logged in" "$(last class) $(last auth)" "mx -"
check_not "no login name in the records" grep -r -F '"alice' "$T/records"

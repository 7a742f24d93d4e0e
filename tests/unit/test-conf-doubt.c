/* SPDX-License-Identifier: ISC */
/* Tests of conf_doubt.c: what matches nobody or everybody, and which bounds switch something off, is told; the rest is not. */
#include "conf-files.h"
#include "conf_int.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define EXC(more)	" exceptions = ( { reason = \"r\"; expires = \"2090-01-01\"; " more " } );"
#define DOMAINS		"partners = ( { name = \"a\"; domains = [ \"a.example\", \"b.a.example\" ];"
#define NETWORKS	"partners = ( { name = \"a\"; networks = [ \"192.0.2.0/24\", \"2001:db8::/32\" ];"
#define END		" } );"
#define NEVER(what)	"note: partner a, exception 1: covers no message: its " what " none of the partner's\n"
#define ALL		"note: partner a, exception 1: covers all of the partner: as long as it holds, nothing is asked of him\n"
#define EVERYBODY	" is everybody: all mail would be confirmed to be this partner's\n"
#define INSIDE		" is everybody: all mail would be of the class relay, and all that anybody writes into Received fields " \
			    "would be taken for attested\n"
#define CERT(c)		"partners = ( { name = \"a\"; certificates = \"" c "\"; } );"
#define NO_CERT(c)	"note: partner a: no MTA tells a certificate as \"" c "\": want \"CN=mx.example.org\", or the whole DN with " \
			    "slashes, \"/C=GB/O=Example/CN=mx.example.org\"\n"
#define ZERO(key)	"note: " key ": is 0: what it bounds is not looked at at all, and each message with such a thing has the " \
			    "outcome limit\n"

static const struct { const char *text, *errs, *notes; } cases[] = {
	{ "", "", "" },
	/* exceptions */
	{ DOMAINS EXC("domain = \"c.a.example\";") END, "", "" },
	{ DOMAINS EXC("domain = \"b.a.example\";") END, "", "" },
	{ DOMAINS EXC("domain = \"xa.example\";") END, "", NEVER("domain is") },
	{ DOMAINS EXC("domain = \"a.example\";") END, "", ALL },
	{ DOMAINS EXC("domain = \"example\";") END, "", ALL },
	{ DOMAINS EXC("domain = \"a.example\"; networks = \"10.0.0.0/8\";") END, "", "" },
	{ DOMAINS " certificates = \"mx\";" EXC("domain = \"other.example\";") END, "", "" },
	{ NETWORKS EXC("networks = \"192.0.2.9\";") END, "", "" },
	{ NETWORKS EXC("networks = [ \"198.51.100.0/24\", \"2001:db8:1::/48\" ];") END, "", "" },
	{ NETWORKS EXC("networks = [ \"198.51.100.0/24\", \"2001:db9::/32\" ];") END, "", NEVER("networks are") },
	{ NETWORKS EXC("networks = \"192.0.2.0/23\";") END, "", "" },
	{ NETWORKS EXC("networks = [ \"192.0.2.0/23\", \"2001:db8::/31\" ];") END, "", ALL },
	{ NETWORKS " recipients = \"r.example\";" EXC("recipient = \"q.example\";") END, "", NEVER("recipient is") },
	{ NETWORKS " recipients = \"r.example\";" EXC("recipient = \"x.r.example\";") END, "", "" },
	{ NETWORKS " recipients = [ \"r.example\", \"x.r.example\" ];" EXC("recipient = \"r.example\";") END, "", ALL },
	{ NETWORKS EXC("recipient = \"q.example\";") END, "", "" },
	/* certificates */
	{ CERT("CN=mx.example.org"), "", "" }, { CERT("mx.example.org"), "", "" }, { CERT("Acme, Inc."), "", "" },
	{ CERT("/C=GB/O=Acme, Inc./CN=mx"), "", "" }, { CERT("/O=Acme"), "", "" }, { CERT("CN=Acme, Inc. = good"), "", "" },
	{ CERT("O=Acme"), "", NO_CERT("O=Acme") },
	{ CERT("ou=Mail"), "", NO_CERT("ou=Mail") },
	{ CERT("CN=mx.example.org,O=Acme"), "", NO_CERT("CN=mx.example.org,O=Acme") },
	{ CERT("C=GB, O=Acme, CN=mx"), "", NO_CERT("C=GB, O=Acme, CN=mx") },
	{ CERT("CN=mx, 2.5.4.10=Acme"), "", NO_CERT("CN=mx, 2.5.4.10=Acme") },
	/* everybody */
	{ "partners = ( { name = \"a\"; networks = \"0.0.0.0/0\"; } );", "partner a, networks: 0.0.0.0/0" EVERYBODY, "" },
	{ "partners = ( { name = \"a\"; networks = [ \"192.0.2.0/24\", \"::/0\" ]; } );", "partner a, networks: ::/0" EVERYBODY, "" },
	{ "internal_networks = \"0.0.0.0/0\";", "internal_networks: 0.0.0.0/0" INSIDE, "" },
	{ "internal_networks = \"2000::/3\";", "internal_networks: 2000::/3" INSIDE, "" },
	{ "internal_networks = \"::ffff:0:0/96\";", "internal_networks: 0.0.0.0/0" INSIDE, "" },
	{ "internal_networks = [ \"10.0.0.0/8\", \"::1\", \"2001:db8::/32\", \"fc00::/7\", \"128.0.0.0/1\" ];", "", "" },
	/* listeners */
	{ "proxied_listeners = [ \":25\", \"192.0.2.1:465\", \"[::1]:25\", \"smtps\", \":65535\" ];", "", "" },
	{ "proxied_listeners = \":0\";", "", "note: proxied_listeners: \":0\" matches no listener: there is no such port (1 to 65535)\n" },
	{ "proxied_listeners = \"192.0.2.1:70000\";", "",
	    "note: proxied_listeners: \"192.0.2.1:70000\" matches no listener: there is no such port (1 to 65535)\n" },
	{ "proxied_listeners = \":smtp\";", "", "note: proxied_listeners: \":smtp\" matches no listener: there is no such port (1 to 65535)\n" },
	/* bounds */
	{ "mime: { max_depth = 0; max_decoded = \"0\"; };", "", ZERO("mime.max_depth") ZERO("mime.max_decoded") },
	{ "clamav: { MaxScanSize = \"0\"; MaxRecursion = 0; };", "", "note: clamav.MaxScanSize: is 0, which libclamav takes for no limit\n"
	    "note: clamav.MaxRecursion: is 0, which libclamav does not take: it has its own default\n" },
	{ "scanner: { scratch_size = \"500MB\"; };", "", "" },
	{ "scanner: { scratch_size = \"10MB\"; };", "", "note: scanner.scratch_size: 10MB is less than one message may take "
	    "(clamav.MaxScanSize and a quarter of it, 500MB); such a message is not-scanned\n" },
};

static void
what_cannot_be_meant_is_told(void **state)
{
	struct buf	 errs, notes;
	struct conf	*conf;
	char		*said;
	size_t		 i;
	int		 rc;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if ((conf = read_text(cases[i].text, NULL, &said)) == NULL)
			fail_msg("%s\ngot %s, want it to be read", cases[i].text, said);
		free(said);
		buf_init(&errs, 65536);
		buf_init(&notes, 65536);
		buf_addz(&errs, "");
		buf_addz(&notes, "");
		rc = conf_doubts(conf, &errs, &notes);
		if (strcmp(errs.len > 0 ? errs.data : "", cases[i].errs) != 0 || strcmp(notes.len > 0 ? notes.data : "", cases[i].notes) != 0 ||
		    rc != (cases[i].errs[0] == '\0' ? 0 : -1))
			fail_msg("%s\ngot  %d\n%s%swant\n%s%s", cases[i].text, rc, errs.len > 0 ? errs.data : "", notes.len > 0 ? notes.data : "",
			    cases[i].errs, cases[i].notes);
		buf_free(&errs);
		buf_free(&notes);
		conf_free(conf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_cannot_be_meant_is_told),
	};

	return cmocka_run_group_tests(tests, files_setup, files_teardown);
}

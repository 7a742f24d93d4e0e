/* SPDX-License-Identifier: ISC */
/* What people and programs read of a verdict: the status header's text, the SMTP reply, the reason of a hold. */
/*
 * Called by policy.c alone.  Owns nothing.  Codes: RFC 5321 and 3463; there is
 * no code for malware, 5.7.1 is what filters answer; 5.7.10 (RFC 8689) asks for
 * encryption.  Own faults are 4.3.0: the message is not to blame.  It names no
 * address and quotes nothing of the message.
 */
#include <stdio.h>
#include <string.h>

#include "judge/reply.h"

#define CONTACT_MAX	300	/* leaves room for words and reference */
#define REF_MAX		64
#define NAME_MAX_SHOWN	128	/* of a signature or detail; real ones have some 60 octets */

/* How a status begins; what readers such as sieve's virustest know stays as clamav-milter writes it. */
enum status_form { STATUS_CLEAN, STATUS_INFECTED, STATUS_SUSPICIOUS, STATUS_NOT_SCANNED };

static const struct words {
	enum status_form form;
	int		 retry;		/* a later try may end otherwise: own fault */
	const char	*class_subject;	/* of the enhanced code, behind "4." or "5." */
	const char	*reject;
	const char	*tempfail;
} words[OUTCOME_MAX] = {
	[OUTCOME_CLEAN] = { STATUS_CLEAN, 0, "7.1", "Message refused", "Message refused for now" },
	[OUTCOME_INFECTED] = { STATUS_INFECTED, 0, "7.1", "Malware found", "Malware found" },
	[OUTCOME_PUA] = { STATUS_SUSPICIOUS, 0, "7.1", "Potentially unwanted program found",
	    "Potentially unwanted program found" },
	[OUTCOME_ENCRYPTED] = { STATUS_NOT_SCANNED, 0, "7.1", "Encrypted attachment not allowed",
	    "Encrypted attachment not allowed" },
	[OUTCOME_MACRO] = { STATUS_SUSPICIOUS, 0, "7.1", "Attachment with macros not allowed",
	    "Attachment with macros not allowed" },
	[OUTCOME_BLOCKED] = { STATUS_SUSPICIOUS, 0, "7.1", "Attachment not allowed", "Attachment not allowed" },
	[OUTCOME_AMBIGUOUS] = { STATUS_NOT_SCANNED, 0, "6.0", "Malformed message structure",
	    "Malformed message structure" },
	[OUTCOME_LIMIT] = { STATUS_NOT_SCANNED, 0, "7.1", "Message too large or too complex to be scanned",
	    "Message too large or too complex to be scanned" },
	[OUTCOME_UNOPENED] = { STATUS_NOT_SCANNED, 0, "7.1", "Attachment cannot be opened for scanning",
	    "Attachment cannot be opened for scanning" },
	[OUTCOME_TIMEOUT] = { STATUS_NOT_SCANNED, 1, "3.0", "Message could not be scanned in time",
	    "Message could not be scanned in time, try again later" },
	[OUTCOME_CRASH] = { STATUS_NOT_SCANNED, 1, "3.0", "Message could not be scanned",
	    "Message could not be scanned, try again later" },
	[OUTCOME_UNAVAILABLE] = { STATUS_NOT_SCANNED, 1, "3.0", "No scanner available",
	    "No scanner available, try again later" },
	[OUTCOME_NOT_SCANNED] = { STATUS_NOT_SCANNED, 1, "3.0", "Message could not be scanned",
	    "Message could not be scanned, try again later" },
};

/* Copies at most `max` octets as printable ASCII. */
static const char *
printable(const char *s, char *out, size_t size, size_t max)
{
	size_t i;

	for (i = 0; s != NULL && s[i] != '\0' && i < max && i + 1 < size; i++)
		out[i] = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
	out[i] = '\0';
	return out;
}

static void
fill_status(struct verdict *v)
{
	const struct words *w = &words[v->outcome];
	const char *name = outcome_str(v->outcome);
	char text[NAME_MAX_SHOWN + 1];

	if (v->excepted) {
		/* Nobody's filter shall take it for infected, and nobody for clean. */
		printable(v->signature != NULL ? v->signature : name, text, sizeof(text), NAME_MAX_SHOWN);
		snprintf(v->status, sizeof(v->status), "Suspicious (excepted: %s)", text);
		return;
	}
	switch (w->form) {
	case STATUS_CLEAN:
		snprintf(v->status, sizeof(v->status), "Clean");
		return;
	case STATUS_INFECTED:
		printable(v->signature, text, sizeof(text), NAME_MAX_SHOWN);
		snprintf(v->status, sizeof(v->status), "Infected (%s)", *text != '\0' ? text : "unknown");
		return;
	case STATUS_SUSPICIOUS:
		printable(v->signature, text, sizeof(text), NAME_MAX_SHOWN);
		snprintf(v->status, sizeof(v->status), "Suspicious (%s%s%s)", name, *text != '\0' ? ": " : "", text);
		return;
	case STATUS_NOT_SCANNED:
		/* Only details of ours: which bound, why not.  Those of an archive may be a member's name. */
		printable(v->outcome == OUTCOME_ENCRYPTED || v->outcome == OUTCOME_UNOPENED ? NULL : v->detail,
		    text, sizeof(text), NAME_MAX_SHOWN);
		snprintf(v->status, sizeof(v->status), "Not Scanned (%s%s%s)", name, *text != '\0' ? ": " : "", text);
		return;
	}
}

/* " (ref ID, CONTACT)", as much of it as there is. */
static void
make_tail(const struct policy *policy, const struct message_facts *facts, char *out, size_t size)
{
	char contact[CONTACT_MAX + 1], ref[REF_MAX + 1];

	printable(policy->contact, contact, sizeof(contact), CONTACT_MAX);
	printable(facts->id, ref, sizeof(ref), REF_MAX);
	if (*ref == '\0' && *contact == '\0')
		out[0] = '\0';
	else
		snprintf(out, size, " (%s%s%s%s)", *ref != '\0' ? "ref " : "", ref,
		    *ref != '\0' && *contact != '\0' ? ", " : "", contact);
}

static void
fill_reply(const struct policy *policy, const struct message_facts *facts, enum outcome decided, struct verdict *v)
{
	const struct words *w = &words[decided];
	char name[NAME_MAX_SHOWN + 1], tail[CONTACT_MAX + REF_MAX + 16], *out = v->reply_text;
	int own;
	int reject = v->action == ACTION_REJECT;
	size_t len, room;

	v->reply_code = reject ? 550 : 451;
	/* RFC 3463 calls X.7.1 permanent; its transient sister is 4.7.0 */
	snprintf(v->reply_xcode, sizeof(v->reply_xcode), "%c.%s", reject ? '5' : '4',
	    !reject && strcmp(w->class_subject, "7.1") == 0 ? "7.0" : w->class_subject);
	make_tail(policy, facts, tail, sizeof(tail));
	room = REPLY_TEXT_MAX - strlen(tail);

	/* The site's own sentence speaks of refusals; it would be a lie about an own fault. */
	own = v->class == CLASS_SUBMISSION && reject && !w->retry && policy->submission_text != NULL &&
	    *policy->submission_text != '\0';
	printable(own ? policy->submission_text : reject ? w->reject : w->tempfail, out, sizeof(v->reply_text), room);
	name[0] = '\0';
	if (policy->name_signature && decided == v->outcome && !w->retry)
		printable(v->signature, name, sizeof(name), NAME_MAX_SHOWN);
	len = strlen(out);
	if (*name != '\0' && len + 2 + strlen(name) <= room)
		len += (size_t)snprintf(out + len, sizeof(v->reply_text) - len, ": %s", name);
	snprintf(out + len, sizeof(v->reply_text) - len, "%s", tail);
}

/* What is needed, and by whose rule; nothing that the peer said. */
static void
fill_partner_reply(const struct policy *policy, const struct message_facts *facts, const struct partner_result *r,
    struct verdict *v)
{
	const struct partner *p = r->partner;
	char tail[CONTACT_MAX + REF_MAX + 16], need[256], text[REPLY_TEXT_MAX + 1];
	int reject = v->action == ACTION_REJECT;
	size_t room;

	switch (r->state) {
	case PARTNER_GRADE:
		snprintf(need, sizeof(need), "TLS graded %s or better by profile %.64s", grade_str(p->grade),
		    policy->profile != NULL ? policy->profile->name : "");
		break;
	case PARTNER_UNVERIFIED:
		snprintf(need, sizeof(need), "TLS with a client certificate that can be verified");
		break;
	default:
		snprintf(need, sizeof(need), "%s%s", p->version != NULL ? p->version : "TLS",
		    p->version != NULL ? " or later" : "");
	}
	v->reply_code = reject ? 550 : 451;
	snprintf(v->reply_xcode, sizeof(v->reply_xcode), "%c.7.10", reject ? '5' : '4');
	make_tail(policy, facts, tail, sizeof(tail));
	room = REPLY_TEXT_MAX - strlen(tail);
	snprintf(text, sizeof(text), "Encryption needed: %s, by the rule for partner %s%s", need, p->name,
	    reject ? "" : "; try again with it");
	printable(text, v->reply_text, sizeof(v->reply_text), room);
	snprintf(v->reply_text + strlen(v->reply_text), sizeof(v->reply_text) - strlen(v->reply_text), "%s", tail);
}

void
reply_fill(const struct policy *policy, const struct message_facts *facts, enum outcome decided,
    const struct partner_result *partner, struct verdict *v)
{
	char ref[48];	/* hold_reason must hold it whole, with rule and outcome */

	fill_status(v);
	if (partner != NULL && (v->action == ACTION_REJECT || v->action == ACTION_TEMPFAIL))
		fill_partner_reply(policy, facts, partner, v);
	else if (v->action == ACTION_REJECT || v->action == ACTION_TEMPFAIL)
		fill_reply(policy, facts, decided, v);
	if (v->action == ACTION_QUARANTINE)
		snprintf(v->hold_reason, sizeof(v->hold_reason), "hopward: %s rule=%s ref=%s", outcome_str(v->outcome),
		    v->rule, printable(facts->id != NULL && *facts->id != '\0' ? facts->id : "-", ref, sizeof(ref),
		    sizeof(ref) - 1));
}

/* SPDX-License-Identifier: ISC */
/* A profile: somebody's rules on how good a TLS session is; and the grade that a session has by it. */
#ifndef HOPWARD_JUDGE_PROFILE_H
#define HOPWARD_JUDGE_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "judge/hops.h"
#include "judge/suite.h"

/* From bad to good, so that "at least" is >=; unknown is no grade and compares with none. */
#define GRADES(X)							\
	X(UNKNOWN, "unknown")						\
	X(NONE, "none")			/* no TLS */			\
	X(FORBIDDEN, "forbidden")					\
	X(LEGACY, "legacy")		/* weak, or not on the list */	\
	X(ACCEPTABLE, "acceptable")					\
	X(RECOMMENDED, "recommended")

#define X(e, s) GRADE_##e,
enum grade { GRADES(X) GRADE_MAX };
#undef X

const char	*grade_str(enum grade);
int		 grade_parse(const char *, enum grade *);	/* 0 or -1 */

/* All that is set must hold.  Masks have bit 1 << value; 0: not asked. */
struct profile_rule {
	uint32_t	 versions, kxs, auths, ciphers, modes, macs;
	int		 aead, fs, export, draft;	/* 0, 1, or -1: not asked */
	unsigned int	 bits_min, bits_max;		/* inclusive; 0 and UINT_MAX: not asked */
	struct suite	*suites;			/* any of these */
	size_t		 suites_count;
	enum grade	 grade;
	char		*reason;
	int		 compare;	/* this one waits for a person to compare it with the source */
	unsigned int	 line;		/* of the file */
};

/* The first rule that holds says the grade.  Immutable once read, so any thread may use it. */
struct profile {
	char			*name, *version, *date, *source;
	char			*compare;	/* what waits for a person to compare it with the source, or NULL */
	char			*notes;		/* or NULL */
	struct profile_rule	*rules;
	size_t			 rules_count;
};

#define PROFILE_RULES_MAX	1000	/* each is tried for each session; the shipped ones have 20 */
#define PROFILE_SUITES_MAX	200	/* named in one rule */

void	profile_rule_init(struct profile_rule *);	/* asks nothing: it holds for all */
void	profile_free(struct profile *);

/*
 * The grade of a session.  Pure.  suite may be NULL (nothing known of it).
 * *reason (may be NULL) is static or borrowed from the profile: that of the
 * rule which held, or why there is none.
 *
 * What is not known of the suite or version is never guessed: a grade stands
 * only if it is the same whatever the truth is; else it is unknown.  A suite
 * whose cipher is not understood is never better than legacy.
 */
enum grade	 profile_grade(const struct profile *, const struct suite *, enum hop_tls, const char **reason);

#endif

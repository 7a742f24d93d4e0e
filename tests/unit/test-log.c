/* SPDX-License-Identifier: ISC */
/* Tests of base/log.c on standard error: prefixes, control octets, long lines, errno, fatal's exit code. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"

enum how { DEBUG, INFO, WARN, ERROR, FATAL };

/* Logs in a child whose standard error is a pipe; gives what came, and the exit status. */
static int
child_log(enum how how, int verbose, const char *text, char *out, size_t size)
{
	int	p[2], status;
	size_t	n = 0;
	ssize_t	r;
	pid_t	pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0) {
		dup2(p[1], STDERR_FILENO);
		log_open("test", 1, verbose);
		errno = ENOSPC;
		if (how == DEBUG)
			log_debug("%s", text);
		else if (how == INFO)
			log_info("%s", text);
		else if (how == WARN)
			log_warn("%s", text);
		else if (how == ERROR)
			log_error("%s", text);
		else
			fatal(EX_CONFIG, "%s", text);
		_exit(errno == ENOSPC ? 0 : 1);
	}
	close(p[1]);
	while (n < size - 1 && (r = read(p[0], out + n, size - 1 - n)) > 0)
		n += (size_t)r;
	out[n] = '\0';
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
lines(void **state)
{
	static const struct {
		enum how	 how;
		int		 verbose;
		const char	*in, *want;	/* behind "test[pid]: "; "" for no line */
		int		 code;
	} cases[] = {
		{ INFO, 0, "hello", "hello\n", 0 },
		{ WARN, 0, "hello", "warning: hello\n", 0 },
		{ ERROR, 0, "hello", "error: hello\n", 0 },
		{ FATAL, 0, "hello", "fatal: hello\n", EX_CONFIG },
		{ DEBUG, 0, "hello", "", 0 },
		{ DEBUG, 1, "hello", "debug: hello\n", 0 },
		{ INFO, 0, "a\nforged[1]: line\r\x1b[2J\x7f\t", "a?forged[1]: line??[2J??\n", 0 },
		{ INFO, 0, "100%s %n", "100%s %n\n", 0 },
		{ INFO, 0, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f\n", 0 },
	};
	char		out[4096];
	const char	*text;
	size_t		i;
	int		code;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		code = child_log(cases[i].how, cases[i].verbose, cases[i].in, out, sizeof(out));
		text = strstr(out, "]: ");
		if (cases[i].want[0] == '\0')
			assert_string_equal(out, "");
		else if (strncmp(out, "test[", 5) != 0 || text == NULL ||
		    strcmp(text + 3, cases[i].want) != 0)
			fail_msg("case %zu: got %s, want %s", i, out, cases[i].want);
		assert_int_equal(code, cases[i].code);
	}
}

/* Cut, and it shows. */
static void
long_line(void **state)
{
	static char	in[10001], out[20000];
	size_t		n;

	(void)state;
	memset(in, 'x', sizeof(in) - 1);
	assert_int_equal(child_log(WARN, 0, in, out, sizeof(out)), 0);
	n = strlen(out);
	assert_true(n > 1900 && n < 2200);
	assert_string_equal(out + n - 5, "x...\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

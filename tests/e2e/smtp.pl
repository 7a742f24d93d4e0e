#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# SMTP clients that swaks is not: pipelined, SMTPUTF8, many at once, vanishing.  Loopback, in clear.
#
# smtp.pl send PORT [options] FILE...	one session, a message a file; prints "CODE text" per message
#	--from A --to B (repeatable) --helo H --utf8 --8bit --pipeline
# smtp.pl load PORT CONNECTIONS STOPFILE FILE
#	sends without end on that many connections until STOPFILE is there; prints "CODE MILLISECONDS" per message
# smtp.pl vanish PORT STEP TIMES FILE	goes without a word after connect, helo, mail, rcpt, data, half, dot
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($what, $port, @rest) = @ARGV;
$SIG{PIPE} = 'IGNORE';

sub connection {
	my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 20) or die "connect: $!\n";
	binmode $s;
	return $s;
}
sub reply {
	my $s = shift;
	my $text = '';
	while (my $l = <$s>) {
		$l =~ s/\r?\n$//;
		$text .= $text eq '' ? $l : ' / ' . substr $l, 4;
		return $text if $l =~ /^\d\d\d( |$)/;
	}
	return "000 connection closed";
}
sub say_to { my ($s, $t) = @_; print $s "$t\r\n"; $s->flush; }
sub ask { my ($s, $t) = @_; say_to($s, $t); return reply($s); }
sub content {
	my $f = shift;
	open my $h, '<:raw', $f or die "$f: $!\n";
	local $/;
	my $t = <$h>;
	$t =~ s/^\./../mg;
	$t .= "\r\n" if $t !~ /\r\n\z/;
	return "$t.\r\n";
}

if ($what eq 'send') {
	my ($from, @to, %o);
	my $helo = 'client.sender.test';
	while (@rest && $rest[0] =~ /^--(.*)/) {
		shift @rest;
		if ($1 eq 'from') { $from = shift @rest }
		elsif ($1 eq 'to') { push @to, shift @rest }
		elsif ($1 eq 'helo') { $helo = shift @rest }
		else { $o{$1} = 1 }
	}
	$from //= 'alice@sender.test';
	@to = ('bob@example.test') if !@to;
	my $s = connection();
	reply($s);
	ask($s, "EHLO $helo");
	my $mail = "MAIL FROM:<$from>" . ($o{'8bit'} || $o{utf8} ? ' BODY=8BITMIME' : '') . ($o{utf8} ? ' SMTPUTF8' : '');
	my $envelope = join("\r\n", $mail, (map { "RCPT TO:<$_>" } @to), 'DATA') . "\r\n";
	if ($o{pipeline}) {
		# The next envelope goes out in one write with the end of the message before it.
		print $s $envelope; $s->flush;
		while (defined(my $f = shift @rest)) {
			my $r;
			$r = reply($s) for 1 .. @to + 2;
			if ($r !~ /^354/) { print "$r\n"; last }
			print $s content($f) . (@rest ? $envelope : "QUIT\r\n"); $s->flush;
			print reply($s), "\n";
		}
	} else {
		for my $f (@rest) {
			my @r = map { ask($s, $_) } split /\r\n/, $envelope;
			for (@r[1 .. $#r - 1]) { print STDERR "rcpt: $_\n" if !/^2/ }
			if ($r[-1] !~ /^354/) { print((grep { !/^2/ } @r)[0], "\n"); ask($s, 'RSET'); next }
			print $s content($f); $s->flush;
			print reply($s), "\n";
		}
		ask($s, 'QUIT');
	}
} elsif ($what eq 'load') {
	my ($n, $stop, $file) = @rest;
	my $text = content($file);
	my @pids;
	for my $i (1 .. $n) {
		my $pid = fork // die;
		push(@pids, $pid), next if $pid;
		my $s = connection();
		reply($s);
		ask($s, 'EHLO load.sender.test');
		until (-e $stop) {
			my $t = time;
			my $r = ask($s, "MAIL FROM:<load$i\@sender.test>");
			$r = ask($s, 'RCPT TO:<bob@example.test>') if $r =~ /^2/;
			$r = ask($s, 'DATA') if $r =~ /^2/;
			if ($r =~ /^354/) { print $s $text; $s->flush; $r = reply($s) }
			syswrite STDOUT, sprintf "%s %d\n", substr($r, 0, 3), (time - $t) * 1000;
			if ($r !~ /^2/) { syswrite STDERR, "$r\n"; last if $r =~ /^(000|421)/; ask($s, 'RSET') }
		}
		ask($s, 'QUIT');
		exit 0;
	}
	waitpid $_, 0 for @pids;
} elsif ($what eq 'vanish') {
	my ($step, $times, $file) = @rest;
	my $text = content($file);
	for (1 .. $times) {
		my $s = connection();
		reply($s);
		my @steps = (['connect', sub {}], ['helo', sub { ask($s, 'EHLO gone.sender.test') }],
		    ['mail', sub { ask($s, 'MAIL FROM:<gone@sender.test>') }], ['rcpt', sub { ask($s, 'RCPT TO:<bob@example.test>') }],
		    ['data', sub { ask($s, 'DATA') }], ['half', sub { print $s substr($text, 0, length($text) / 2); $s->flush }],
		    ['dot', sub { print $s substr($text, length($text) / 2); $s->flush }]);
		for (@steps) { $_->[1]->(); last if $_->[0] eq $step }
		close $s;
	}
} else {
	die "smtp.pl: send, load or vanish\n";
}

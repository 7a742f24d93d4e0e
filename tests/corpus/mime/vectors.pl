#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# Writes crafted messages and what a walker must make of them: every way in which two mail programs may read one message.
#
#   vectors.pl            all, as test-walk.c reads them: one line "NAME WANT CLASS TOKENS EXTRA NAMES LENGTH",
#                         NAMES lines with a name each, then LENGTH octets
#   vectors.pl DIR        each as DIR/NAME.eml
#
# WANT: start   some object begins with the test string
#       in      some object has it
#       clear   it stands in the message as it is
#       none    nothing has it
# CLASS: the gravity wanted; "any", or "soft+" for soft or graver
# TOKENS: "-", or with commas between: must be there; "!X": must not
# EXTRA: objects at most that the strict reading does not have; "-": any number
# A name is wanted among those of the object that begins with the test string.
#
# The test string is put together here, so that no scanner stops at this file.
use strict;
use warnings;
use MIME::Base64 ();
use MIME::QuotedPrint ();

my $P = 'X5O!P%@AP[4\\PZX54(P^)7CC)7}$EI' . 'CAR-STANDARD-ANTI' . 'VIRUS-TEST-FILE!$H+H*';
my $B1 = MIME::Base64::encode_base64($P, '');
my $B = lines($B1, 76);
my $dir = shift;
my %seen;
binmode STDOUT;

sub crlf { my $s = join '', @_; $s =~ s/\r?\n/\r\n/g; $s }
sub lines { my ($s, $n, $e) = @_; $e //= "\r\n"; join '', map { "$_$e" } $s =~ /(.{1,$n})/gs }
sub b64 { lines(MIME::Base64::encode_base64($_[0], ''), 76) }
sub qp { crlf(MIME::QuotedPrint::encode_qp($_[0], "\n")) }
sub hexqp { join '', map { sprintf '=%02X', ord } split //, $_[0] }
sub uu { my $s = pack 'u', $_[0]; $s =~ s/\n/\r\n/g; $s }

my $H0 = crlf("Received: from mail.example.org (mail.example.org [192.0.2.1]) by mx.example.net with ESMTP;\n\tMon, 1 Jun 2026 10:00:00 +0000\n" .
    "From: Ann <ann\@example.org>\nTo: bob\@example.net\nSubject: papers\nDate: Mon, 1 Jun 2026 10:00:00 +0000\nMessage-ID: <1\@example.org>\n");
my $H = $H0 . "MIME-Version: 1.0\r\n";
my $T = crlf("Content-Type: text/plain; charset=us-ascii\n\nHello Bob,\nthe papers you asked for.\n");

# One part: header and body.
sub att {
	my %o = (ct => 'application/octet-stream; name="e.com"', cte => 'base64', body => $B, more => '', @_);
	($o{ct} ne '' ? "Content-Type: $o{ct}\r\n" : '') . ($o{cte} ne '' ? "Content-Transfer-Encoding: $o{cte}\r\n" : '') . "$o{more}\r\n$o{body}";
}
# A multipart's body.
sub body { my $bd = shift; join('', map { "--$bd\r\n$_" . (/\n\z/ ? '' : "\r\n") } @_) . "--$bd--\r\n" }
# A mail with these fields, and parts.
sub mail { my ($head, $bd, @p) = @_; "$H$head\r\n" . body($bd, @p) }
sub mixed { mail("Content-Type: multipart/mixed; boundary=\"$_[0]\"\r\n", @_) }

sub v {
	my ($name, $want, $class, $tokens, $data, %o) = @_;
	die "twice: $name" if $seen{$name}++;
	if (defined $dir) {
		open my $f, '>:raw', "$dir/$name.eml" or die "$dir/$name.eml: $!";
		print $f $data;
		close $f or die;
		return;
	}
	my @names = @{ $o{names} // [] };
	printf "%s %s %s %s %s %d %d\n", $name, $want, $class, $tokens eq '' ? '-' : $tokens, $o{extra} // '-', scalar @names, length $data;
	print "$_\n" for @names;
	print $data;
}
# Ordinary mail: never hard, no limit, at most so many more objects.
sub ok { my ($name, $data, $extra, $class) = @_; v("ok-$name", 'none', $class // 'none', '', crlf($data), extra => $extra // 0) }
sub okraw { my ($name, $data, $extra, $class) = @_; v("ok-$name", 'none', $class // 'none', '', $data, extra => $extra // 0) }

# ---- B1: fields ----

my $M = 'Content-Type: multipart/mixed; boundary=A1';
v('base', 'start', 'none', '', mixed('A1', $T, att()), extra => 0);
v('base-single', 'start', 'none', '', $H . att(), extra => 0);
v('base-qp', 'start', 'none', '', mixed('A1', $T, att(cte => 'quoted-printable', body => hexqp(substr $P, 0, 20) . "=\r\n" . hexqp(substr $P, 20) . "\r\n")), extra => 0);

my $i = 0;
# Two fields: each reading, in both orders.
for my $other ('text/plain', 'text/html; charset=x', 'multipart/mixed; boundary=ZZ', 'application/octet-stream', 'message/rfc822', 'garbage', '') {
	$i++;
	v("ct-dup-first-$i", 'start', 'hard', 'CT-DUP', mail("$M\r\nContent-Type: $other\r\n", 'A1', $T, att()));
	v("ct-dup-last-$i", 'start', 'hard', 'CT-DUP', mail("Content-Type: $other\r\nX: y\r\n$M\r\n", 'A1', $T, att()));
	v("ct-dup-part-$i", 'start', 'hard', 'CT-DUP', mixed('A1', $T, att(more => "Content-Type: $other\r\n")));
	v("ct-dup-partmp-$i", 'start', 'hard', 'CT-DUP',
	    mixed('A1', $T, "Content-Type: $other\r\nContent-Type: multipart/mixed; boundary=Q2\r\n\r\n" . body('Q2', $T, att())));
}
$i = 0;
for my $c ("base64\r\nContent-Transfer-Encoding: 7bit", "7bit\r\nContent-Transfer-Encoding: base64", "quoted-printable\r\nContent-Transfer-Encoding: base64",
    "base64\r\nContent-Transfer-Encoding: quoted-printable", "x-uuencode\r\nContent-Transfer-Encoding: base64", "binary\r\nX-A: b\r\nCONTENT-TRANSFER-ENCODING: base64",
    "garbage\r\nContent-Transfer-Encoding: base64", "base64\r\nContent-Transfer-Encoding: garbage") {
	$i++;
	v("cte-dup-$i", 'start', 'hard', 'CTE-DUP', mixed('A1', $T, att(cte => $c)));
	v("cte-dup-top-$i", 'start', 'hard', 'CTE-DUP', $H . att(cte => $c));
}
$i = 0;
for my $q (hexqp($P), MIME::QuotedPrint::encode_qp($P, '')) {
	$i++;
	for my $o ('base64', '7bit', 'x-uue') {
		v("cte-dup-qp-$o-$i", 'start', 'hard', 'CTE-DUP', mixed('A1', $T, att(cte => "$o\r\nContent-Transfer-Encoding: quoted-printable", body => "$q\r\n")));
		v("cte-dup-qp2-$o-$i", 'start', 'hard', 'CTE-DUP', mixed('A1', $T, att(cte => "quoted-printable\r\nContent-Transfer-Encoding: $o", body => "$q\r\n")));
	}
}

# The name of a field.
my %name = (sp => [ ' ', 'soft', 'NAME-WSP' ], tab => [ "\t", 'soft', 'NAME-WSP' ], nul => [ "\0", 'hard', 'NAME-CTL' ], fold => [ "\r\n ", 'soft+', '' ],
    ctl => [ "\x01", 'hard', 'NAME-CTL' ], esc => [ "\x1b", 'hard', 'NAME-CTL' ], del => [ "\x7f", 'hard', 'NAME-CTL' ], high => [ "\xa0", 'soft+', '' ],
    cmt => [ ' (c)', 'hard', 'NAME-COMMENT' ], cmt2 => [ '(c)', 'hard', 'NAME-COMMENT' ], sps => [ '   ', 'soft', 'NAME-WSP' ]);
for (sort keys %name) {
	my ($s, $c, $t) = @{ $name{$_} };
	v("name-ct-$_", 'start', $c, $t, mail("Content-Type$s: multipart/mixed; boundary=A1\r\n", 'A1', $T, att()));
	v("name-cte-$_", 'start', $c, $t, mixed('A1', $T, "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding$s: base64\r\n\r\n$B"));
	v("name-partct-$_", 'start', $c, $t, mixed('A1', $T, "Content-Type$s: multipart/mixed; boundary=I9\r\n\r\n" . body('I9', $T, att())));
}

# A value of the type.
$i = 0;
for my $ct ('(x) multipart/mixed; boundary=A1', 'multipart (x)/mixed; boundary=A1', 'multipart/mixed (a(b)c); boundary=A1', 'multipart/mixed; (x) boundary=A1',
    'multipart/mixed; boundary (x)=A1', 'multipart/mixed; boundary=(x)A1', 'multipart/mixed; boundary=A1 (x)', 'multipart/mixed; boundary=A1(x)',
    'multipart/mixed; boundary=A1; (unclosed', 'multipart/mixed (unclosed; boundary=A1', 'multipart/mixed; boundary((c))=A1', 'multipart/mixed; (boundary=ZZ) boundary=A1',
    'multipart/mixed; boundary=ZZ(; boundary=A1)', 'multipart/mixed; boundary((c))=A1; boundary=B2') {
	$i++;
	v("comment-$i", 'start', 'soft+', '', mail("Content-Type: $ct\r\n", 'A1', $T, att()));
}
$i = 0;
for my $ct ('multipart/mixed; foo; boundary=A1', 'multipart/mixed;=foo; boundary=A1', 'multipart/mixed;; boundary=A1', 'multipart/mixed; ; ;boundary=A1', 'multipart/mixed boundary=A1',
    'multipart/mixed, boundary=A1', 'multipart/mixed; a b=c; boundary=A1', 'multipart/mixed; x="; boundary=A1', 'multipart; boundary=A1', 'multipart/; boundary=A1', 'mixed; boundary=A1',
    '/mixed; boundary=A1', 'multipart / mixed; boundary=A1', '"multipart/mixed"; boundary=A1', 'multipart/mixed/x; boundary=A1', '; boundary=A1', 'boundary=A1', 'text/plain; boundary=A1',
    'x/y; boundary=A1', '<multipart/mixed>; boundary=A1', "multipart/mi\x01xed; boundary=A1", "multipart/mixed\0; boundary=A1", "=?us-ascii?Q?multipart/mixed?=; boundary=A1", "multipart\x80/mixed; boundary=A1",
    "multipart/mixed;\r\n\r\n boundary=A1", "multipart/mixed; charset=utf-8; boundary=A1; boundary=A1", "multipart/mixed:boundary=A1", "multipart/mixed; boundary:A1", "multipart/mixed; boundary==A1", "multipart/mixed;boundary=\"A1\"x",
    "multipart/mixed;boundary=x\"A1\"", "multipart/mixed; x=\\\"; boundary=A1", "multipart/mixed; x='; boundary=A1; y='", "multipart/mixed; x=<; boundary=A1>", "multipart/mixed; xboundary=ZZ; boundary=A1",
    "multipart/mixed; boundary-x=ZZ; boundary=A1", "multipart/mixed; bound\r\n ary=A1", "multipart/mixed; boundary\r\n\t=\r\n\tA1", "Multipart/Mixed;BOUNDARY=A1", "multipart/mixed; boundary= \"A1\"", "multipart/mixed; boundary\t=A1") {
	$i++;
	v("ct-$i", 'start', 'any', '', mail("Content-Type: $ct\r\n", 'A1', $T, att()));
}

# The block.
$i = 0;
for my $b ("junk line\r\n$M\r\n", " \r\n$M\r\n", "\t\r\n$M\r\n", "From ann Mon Jun  1 10:00:00 2026\r\n$M\r\n", ">From ann\r\n$M\r\n", ": x\r\n$M\r\n", "\x01: x\r\n$M\r\n", "X-\xe4: x\r\n$M\r\n", "=?x?=\r\n$M\r\n",
    "X: a\r$M\r\n", "X: a\n$M\r\n", "X: a\0\r\n$M\r\n", "X: a\r\r\n$M\r\n", "X: a\x0b$M\r\n", "Subject:\r\n $M\r\n$M\r\n", "\r\r\n$M\r\n", "X: y\r\n\r$M\r\n", "junk\r\n junk\r\n$M\r\n", "--x\r\n$M\r\n", "\0\r\n$M\r\n") {
	$i++;
	v("block-$i", 'start', 'any', '', mail($b, 'A1', $T, att()));
	v("block-part-$i", 'start', 'any', '', mixed('P0', $T, $b . "\r\n" . body('A1', $T, att())));
	(my $c = $b) =~ s/\Q$M\E/Content-Transfer-Encoding: base64/;
	v("block-cte-$i", 'start', 'any', '', mixed('P0', $T, "Content-Type: a/b\r\n$c\r\n$B"));
}
v('block-cr', 'start', 'hard', 'BARE-CR', mail("X: a\r$M\r\n", 'A1', $T, att()));
v('block-nul', 'start', 'hard', 'NUL-HDR', mail("X: a\0\r\n$M\r\n", 'A1', $T, att()));
v('block-junk', 'start', 'hard', 'HDR-JUNK', mixed('P0', $T, "junk line\r\n$M\r\n\r\n" . body('A1', $T, att())));
v('block-long', 'start', 'none', '', $H . join('', map { "X-Filler-$_: " . 'x' x 60 . "\r\n" } 1 .. 80) . att(), extra => 0);
v('block-minimal', 'start', 'any', '', "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n$B");
v('block-tight', 'start', 'any', '', "From:a\@b\r\nContent-Type:multipart/mixed;boundary=A1\r\n\r\n" . body('A1', $T, att()));
v('block-longline', 'start', 'any', '', mail('X: ' . 'y' x 5000 . "\r\n$M\r\n", 'A1', $T, att()));
v('block-fold-many', 'start', 'any', '', mail("Content-Type: multipart/mixed;\r\n" . " x=y;\r\n" x 200 . " boundary=A1\r\n", 'A1', $T, att()));

# The encoding's name.
$i = 0;
for my $c ('base64;x=y', 'base64 7bit', '"base64"', 'x-base64', 'base64x', 'base64 (c)', '(c) base64', 'base64(c)', 'BASE64', 'bAsE64', 'base-64', 'base_64', '=?us-ascii?Q?base64?=', '=?us-ascii?B?YmFzZTY0?=', "b\x01ase64", "\r\n base64",
    "'base64'", 'base64.', '<base64>', 'ba se64', '8bit, base64', 'base64, 8bit', 'identity', "base64\0", "base64\x80", '', 'base64:', 'base 64', 'base64/', 'b', '(base64)', '7bit', '8bit', 'binary', 'quoted-printable', 'x-gzip64', 'mime64', 'none',
    "base64\t", "base64\r\n\t", 'x-uuencode', 'base32', 'foo; base64', '"base64', 'base64"', '{base64}', 'base64=') {
	$i++;
	v("cte-$i", 'start', 'any', '', mixed('A1', $T, att(cte => $c)));
	v("cte-top-$i", 'start', 'any', '', $H . att(cte => $c)) if $i < 20;
}
v('cte-odd', 'start', 'soft', 'CTE-ODD', mixed('A1', $T, att(cte => 'base64;x=y')));
v('cte-unknown', 'start', 'hard', 'CTE-UNKNOWN', mixed('A1', $T, att(cte => 'foo')));
v('cte-2047', 'start', 'hard', '', mixed('A1', $T, att(cte => '=?us-ascii?Q?base64?=')));
v('cte-none', 'start', 'any', '', mixed('A1', $T, att(cte => '')));
$i = 0;
for my $c ('quoted-printable;x=y', 'QUOTED-PRINTABLE', 'quoted_printable', 'quoted printable', 'x-quoted-printable', '"quoted-printable"', 'quoted-printable (c)', '7bit', '', 'qp', 'base64', "quoted-\r\n printable", 'quotedprintable') {
	$i++;
	v("cte-qp-$i", 'start', 'any', '', mixed('A1', $T, att(cte => $c, body => hexqp($P) . "\r\n")));
	v("cte-qpsoft-$i", 'start', 'any', '', mixed('A1', $T, att(cte => $c, body => substr($P, 0, 25) . "=\r\n" . substr($P, 25) . "\r\n"))) if $i > 1 && $c !~ /^(7bit)?$/;
}

# Encoded composites.
my $inner = mixed('IN', $T, att());
my $single = $H . att();
for my $e ([ 'b64', 'base64', \&b64 ], [ 'qp', 'quoted-printable', sub { crlf(MIME::QuotedPrint::encode_qp($_[0], "\r\n", 1)) } ], [ 'rawb64', 'base64', sub { $_[0] } ], [ 'rawqp', 'quoted-printable', sub { $_[0] } ]) {
	my ($n, $cte, $f) = @$e;
	v("comp-mp-$n", 'start', 'hard', 'CTE-COMPOSITE', "$H$M\r\nContent-Transfer-Encoding: $cte\r\n\r\n" . $f->(body('A1', $T, att())));
	v("comp-mpin-$n", 'start', 'hard', 'CTE-COMPOSITE', mixed('P0', $T, "$M\r\nContent-Transfer-Encoding: $cte\r\n\r\n" . $f->(body('A1', $T, att()))));
	v("comp-822-$n", 'start', 'hard', 'CTE-COMPOSITE', mixed('P0', $T, "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: $cte\r\n\r\n" . $f->($inner)));
	v("comp-822s-$n", 'start', 'hard', 'CTE-COMPOSITE', mixed('P0', $T, "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: $cte\r\n\r\n" . $f->($single)));
	v("comp-822top-$n", 'start', 'hard', 'CTE-COMPOSITE', "${H}Content-Type: message/rfc822\r\nContent-Transfer-Encoding: $cte\r\n\r\n" . $f->($inner));
	v("comp-global-$n", 'start', 'any', '', mixed('P0', $T, "Content-Type: message/global\r\nContent-Transfer-Encoding: $cte\r\n\r\n" . $f->($inner)));
}

# Boundaries: a declaration, how it may be read, the class, its token.
my @bnd = (
	[ 'dup', 'boundary=A1; boundary=B2', [ 'A1', 'B2' ], 'hard', 'PARAM-DUP' ],
	[ 'dup3', 'boundary=A1; boundary=B2; boundary=C3', [ 'A1', 'B2', 'C3' ], 'hard', 'PARAM-DUP' ],
	[ 'dupq', 'boundary="A1"; BOUNDARY="B2"', [ 'A1', 'B2' ], 'hard', 'PARAM-DUP' ],
	[ 'dupfold', "boundary=\"A1\";\r\n\tx=y;\r\n\tboundary=B2", [ 'A1', 'B2' ], 'hard', 'PARAM-DUP' ],
	[ 'ct2', "boundary=A1\r\nContent-Type: multipart/mixed; boundary=B2", [ 'A1', 'B2' ], 'hard', 'CT-DUP' ],
	[ 'ct2sp', "boundary=A1\r\nContent-Type : multipart/mixed; boundary=B2", [ 'A1', 'B2' ], 'hard', '' ],
	[ 'ct2cr', "boundary=A1\rContent-Type: multipart/mixed; boundary=B2", [ 'A1', 'B2' ], 'hard', '' ],
	[ 'cmt', 'boundary=b1(c)', [ 'b1', 'b1(c)' ], 'hard', '' ],
	[ 'cmt2', 'boundary=(c)b1', [ 'b1', '(c)b1' ], 'soft+', '' ],
	[ 'cmt3', 'boundary=b1 (c)', [ 'b1', 'b1 (c)' ], 'soft+', '' ],
	[ 'pcmt', 'boundary((c))=A1; boundary=B2', [ 'A1', 'B2' ], 'hard', '' ],
	[ 'pcmt2', 'boundary(c)=A1; boundary=B2', [ 'A1', 'B2' ], 'hard', '' ],
	[ 'pcmt3', '(boundary=A1) ; boundary=B2', [ 'A1', 'B2' ], 'soft+', '' ],
	[ 'pcmt4', '(; boundary=A1;) boundary=B2', [ 'A1', 'B2' ], 'hard', '' ],
	[ '2231', 'boundary*0=ab; boundary*1=cd', [ 'abcd' ], 'hard', 'P2231' ],
	[ '2231r', 'boundary*1=cd; boundary*0=ab', [ 'abcd', 'cdab' ], 'hard', 'P2231' ],
	[ '2231p', 'boundary*0=ab; boundary*1=cd; boundary=ef', [ 'abcd', 'ef' ], 'hard', 'P2231' ],
	[ '2231p2', 'boundary=ef; boundary*0=ab; boundary*1=cd', [ 'abcd', 'ef' ], 'hard', 'P2231' ],
	[ '2231s', 'boundary*0=ab', [ 'ab' ], 'hard', 'P2231' ],
	[ '2231g', 'boundary*0=ab; boundary*2=ef', [ 'ab', 'abef' ], 'hard', 'P2231' ],
	[ '2231o', 'boundary*1=ab; boundary*2=cd', [ 'abcd' ], 'hard', 'P2231' ],
	[ '2231c', "boundary*=us-ascii''a%62c", [ 'abc', "us-ascii''a%62c", 'a%62c' ], 'hard', 'P2231' ],
	[ '2231cp', "boundary*=us-ascii''a%62c; boundary=zz", [ 'abc', 'zz' ], 'hard', 'P2231' ],
	[ '2231cl', "boundary*=us-ascii'en'a%62c", [ 'abc' ], 'hard', 'P2231' ],
	[ '2231ce', "boundary*=''a%62c", [ 'abc' ], 'hard', 'P2231' ],
	[ '2231n', "boundary*0*=us-ascii''a%62; boundary*1=c%64", [ 'abc%64', 'abcd' ], 'hard', 'P2231' ],
	[ '2231n2', "boundary*0*=us-ascii''a%62; boundary*1*=c%64", [ 'abcd' ], 'hard', 'P2231' ],
	[ '2231q', 'boundary*0="ab"; boundary*1="cd"', [ 'abcd' ], 'hard', 'P2231' ],
	[ '2231z', 'boundary*00=ab; boundary*01=cd', [ 'abcd' ], 'hard', '' ],
	[ '2047q', 'boundary="=?us-ascii?Q?b1?="', [ 'b1', '=?us-ascii?Q?b1?=' ], 'hard', 'P2047' ],
	[ '2047b', 'boundary="=?us-ascii?B?YjE=?="', [ 'b1', '=?us-ascii?B?YjE=?=' ], 'hard', 'P2047' ],
	[ '2047u', 'boundary==?utf-8?q?b=31?=', [ 'b1', '=?utf-8?q?b=31?=' ], 'hard', '' ],
	[ '2047x', 'boundary="x=?us-ascii?Q?b1?="', [ 'xb1', 'x=?us-ascii?Q?b1?=' ], 'hard', 'P2047' ],
	[ '20472', 'boundary="=?us-ascii?Q?b1?= =?us-ascii?Q?c2?="', [ 'b1c2', '=?us-ascii?Q?b1?= =?us-ascii?Q?c2?=' ], 'hard', 'P2047' ],
	[ 'qpair', 'boundary="b\\a1"', [ 'ba1', 'b\\a1' ], 'hard', 'QUOTE-ODD' ],
	[ 'qpairq', 'boundary="b\\"a1"', [ 'b"a1', 'b\\' ], 'hard', 'QUOTE-ODD' ],
	[ 'qpairu', 'boundary=b\\a1', [ 'ba1', 'b\\a1' ], 'hard', '' ],
	[ 'qtail', 'boundary=b1"', [ 'b1', 'b1"' ], 'hard', '' ],
	[ 'qopen', 'boundary="b1', [ 'b1', '"b1' ], 'hard', 'QUOTE-ODD' ],
	[ 'qopen2', "boundary=\"b1;\r\n\tcharset=x", [ 'b1', "b1;" ], 'hard', 'QUOTE-ODD' ],
	[ 'qtwo', 'boundary="a1""b2"', [ 'a1', 'a1b2', 'a1""b2' ], 'hard', 'QUOTE-ODD' ],
	[ 'qtwosp', 'boundary="a1" "b2"', [ 'a1', 'a1b2' ], 'hard', '' ],
	[ 'qafter', 'boundary="a1"b2', [ 'a1', 'a1b2' ], 'hard', '' ],
	[ 'qmid', 'boundary=a1"b2"', [ 'a1', 'a1b2', 'a1"b2"' ], 'hard', '' ],
	[ 'words', 'boundary=two words', [ 'two', 'two words' ], 'hard', 'TOKEN-ODD' ],
	[ 'tab', "boundary=two\twords", [ 'two', "two\twords" ], 'hard', 'TOKEN-ODD' ],
	[ 'slash', 'boundary=re/al', [ 're', 're/al' ], 'soft+', '' ],
	[ 'at', 'boundary=re@al', [ 're', 're@al' ], 'soft+', '' ],
	[ 'colon', 'boundary=re:al', [ 're', 're:al' ], 'soft+', '' ],
	[ 'qm', 'boundary=re?al', [ 're', 're?al' ], 'soft+', '' ],
	[ 'eq', 'boundary=re=al', [ 're', 're=al' ], 'soft+', '' ],
	[ 'comma', 'boundary=re,al', [ 're', 're,al' ], 'soft+', '' ],
	[ 'brack', 'boundary=re[al]', [ 're', 're[al]' ], 'soft+', '' ],
	[ 'angle', 'boundary=<q1>', [ 'q1', '<q1>' ], 'hard', '' ],
	[ 'apos', "boundary='q1'", [ 'q1', "'q1'" ], 'soft+', '' ],
	[ 'ctl', "boundary=r\x01al", [ 'r', 'ral', "r\x01al" ], 'hard', '' ],
	[ 'ctlq', "boundary=\"r\x01al\"", [ 'ral', "r\x01al" ], 'hard', '' ],
	[ 'nul', "boundary=\"r1\0al\"", [ 'r1', "r1\0al", 'r1al' ], 'hard', '' ],
	[ '8bit', "boundary=r\xe4l", [ 'r', "r\xe4l", 'rl' ], 'hard', '' ],
	[ '8bitq', "boundary=\"r\xe4l\"", [ "r\xe4l" ], 'soft+', '' ],
	[ 'hid', 'x="; boundary=A1; y="; boundary=B2', [ 'A1', 'B2' ], 'hard', 'PARAM-HIDDEN' ],
	[ 'hidq', "x='; boundary=A1; y='; boundary=B2", [ 'A1', 'B2' ], 'hard', '' ],
	[ 'hida', 'x=<; boundary=A1; y=>; boundary=B2', [ 'A1', 'B2' ], 'hard', '' ],
	[ 'hidn', 'name="boundary=A1"; boundary=B2', [ 'A1', 'B2' ], 'soft+', '' ],
	[ 'hidp', 'x="\\"; boundary=A1; y="; boundary=B2', [ 'A1', 'B2' ], 'hard', '' ],
	[ 'bad', '; foo; boundary=b1', [ 'b1' ], 'soft', 'PARAM-BAD' ],
	[ 'empty', 'boundary=""', [ '' ], 'hard', 'BND-EMPTY' ],
	[ 'empty2', 'boundary=', [ '' ], 'hard', 'BND-EMPTY' ],
	[ 'empty3', 'boundary=; boundary=B2', [ '', 'B2' ], 'hard', '' ],
	[ 'blank', 'boundary=" "', [ '', ' ' ], 'hard', '' ],
	[ 'miss', 'charset=x', [ 'guess', '==_Next_1' ], 'hard', 'BND-MISSING' ],
	[ 'l71', 'boundary=' . 'x' x 71, [ 'x' x 71, 'x' x 70 ], 'soft+', 'BND-LONG' ],
	[ 'l200', 'boundary=' . 'x' x 200, [ 'x' x 200, 'x' x 70 ], 'soft+', 'BND-LONG' ],
	[ 'l1100', 'boundary="' . 'x' x 1100 . '"', [ 'x' x 1100, 'x' x 998, 'x' x 1000, 'x' x 70 ], 'soft+', 'BND-LONG' ],
	[ 'l5000', 'boundary="' . 'x' x 5000 . '"', [ 'x' x 5000 ], 'soft+', 'BND-LONG' ],
	[ 'lsp', 'boundary=" A1"', [ ' A1', 'A1' ], 'soft+', '' ],
	[ 'tsp', 'boundary="A1 "', [ 'A1', 'A1 ' ], 'soft+', '' ],
	[ 'fold', "boundary=\"A1\r\n B2\"", [ 'A1', 'A1 B2', 'A1B2' ], 'soft+', '' ],
	[ 'case', 'boundary=CaSeD', [ 'cased' ], 'any', '' ],
	[ 'dash', 'boundary="--A1"', [ '--A1', 'A1' ], 'any', '' ],
	[ 'closed', 'boundary="A1--"', [ 'A1--', 'A1' ], 'any', '' ],
	[ 'spsemi', 'boundary=A1 ; x=y', [ 'A1' ], 'none', '' ],
	[ 'semiq', 'boundary="A1;B2"', [ 'A1;B2', 'A1' ], 'any', '' ],
	[ 'comq', 'boundary="A1(B2)"', [ 'A1(B2)', 'A1' ], 'any', '' ],
);
for (@bnd) {
	my ($n, $decl, $reads, $class, $tok) = @$_;
	my $head = "Content-Type: multipart/mixed; $decl\r\n";
	$i = 0;
	for my $r (@$reads) {
		$i++;
		# Only this reading is filled.
		v("bnd-$n-$i", 'start', $class, $tok, mail($head, $r, $T, att()));
		v("bnd-in-$n-$i", 'start', $class eq 'none' ? 'any' : $class, $tok, mixed('P0q', $T, "$head\r\n" . body($r, $T, att())));
		# Another one as well: before it, behind it, around it, and in its body.
		for my $j (grep { $_ + 1 != $i } 0 .. $#$reads) {
			my ($o, $k) = ($reads->[$j], "$n-$i-" . ($j + 1));
			v("two-before-$k", 'start', $class, $tok, "$H$head\r\n" . body($o, $T) . body($r, att()));
			v("two-behind-$k", 'start', $class, $tok, "$H$head\r\n" . body($r, att()) . body($o, $T));
			v("two-around-$k", 'start', $class, $tok, "$H$head\r\n--$o\r\n$T--$r\r\n" . att() . "--$r--\r\n--$o--\r\n");
			v("two-head-$k", 'start', $class, $tok, "$H$head\r\n--$r\r\n--$o\r\nContent-Type: text/plain\r\n" . att() . "--$r--\r\n--$o--\r\n");
		}
	}
}
# The other structure's delimiter in the middle of the base64, without a letter of its alphabet.
for my $d ('!!!', '_-_', '...', "'()", '????') {
	$i = ord $d;
	my $b = substr($B1, 0, 40) . "\r\n--$d\r\n" . substr($B1, 40) . "\r\n";
	v("delim-in-b64-$i", 'start', 'hard', '', "${H}Content-Type: multipart/mixed; boundary=\"$d\"; boundary=B2\r\n\r\n" . body('B2', $T, att(body => $b)));
	v("delim-in-b64-b-$i", 'start', 'hard', '', "${H}Content-Type: multipart/mixed; boundary=B2; boundary=\"$d\"\r\n\r\n" . body('B2', $T, att(body => $b)));
	v("delim-in-b64-c-$i", 'start', 'hard', 'DELIM-IN-B64', mixed('B2', $T, att(body => $b)));
	$b = substr($B1, 0, 40) . "\r\n--$d--\r\n" . substr($B1, 40) . "\r\n";
	v("delim-in-b64-d-$i", 'start', 'hard', 'DELIM-IN-B64', mixed('B2', $T, att(body => $b)));
	v("delim-in-b64-e-$i", 'start', 'any', '', mixed($d, $T, att(body => substr($B1, 0, 40) . "\r\n--$d$d\r\n" . substr($B1, 40) . "\r\n")));
}
v('bnd-case', 'start', 'soft+', 'BND-CASE', mail("Content-Type: multipart/mixed; boundary=\"CaSeD\"\r\n", 'cased', $T, att()));
v('bnd-cd', 'start', 'hard', 'BND-IN-CD', mail("Content-Type: multipart/mixed\r\nContent-Disposition: inline; boundary=B2\r\n", 'B2', $T, att()));
v('bnd-cd2', 'start', 'hard', 'BND-IN-CD', mail("$M\r\nContent-Disposition: inline; boundary=B2\r\n", 'B2', $T, att()));
v('bnd-cd3', 'start', 'hard', 'BND-IN-CD', mixed('A1', $T, att(more => "Content-Disposition: attachment; boundary=B2; filename=e.com\r\n")));
v('bnd-other-field', 'start', 'any', '', mail("X-Content: multipart/mixed; boundary=B2\r\n", 'B2', $T, att()));
v('bnd-many', 'start', 'limit', '', mail('Content-Type: multipart/mixed; ' . join(";\r\n\t", map { "boundary=q$_" } 1 .. 200) . "\r\n", 'q150', $T, att()));

# ---- B2: structure ----

sub mm { "$H$M\r\n\r\n$_[0]" }
v('st-unclosed', 'start', 'soft', 'MP-UNCLOSED', mm("--A1\r\n$T--A1\r\n" . att()));
v('st-unclosed-in', 'start', 'soft', 'MP-UNCLOSED', mixed('P0', $T, "$M\r\n\r\n--A1\r\n$T--A1\r\n" . att()));
v('st-cut', 'start', 'soft', '', mm("--A1\r\n$T--A1\r\n" . substr att(), 0, -2));
v('st-half-close', 'start', 'any', '', mm("--A1\r\n$T--A1\r\n" . att() . "--A1-\r\n"));
v('st-trail', 'start', 'hard', 'DELIM-TRAIL', mm("--A1 trailing\r\n" . att() . "--A1--\r\n"));
v('st-trail2', 'start', 'hard', 'DELIM-TRAIL', mm("--A1\r\n$T--A1 trailing\r\n" . att() . "--A1--\r\n"));
v('st-trail-ws', 'start', 'none', '', mm("--A1 \t \r\n$T--A1  \r\n" . att() . "--A1-- \r\n"), extra => 0);
v('st-glued', 'start', 'hard', '', mm("--A1\r\n$T--A1glued\r\n" . att() . "--A1--\r\n"));
v('st-glued2', 'start', 'hard', '', mm("--A1\r\n$T--A1/x\r\n" . att() . "--A1--\r\n"));
v('st-close-text', 'start', 'any', '', mm("--A1\r\n$T--A1--x\r\n" . att() . "--A1--\r\n"));
v('st-close-text2', 'start', 'any', '', mm("--A1\r\n$T--A1-- x\r\n" . att() . "--A1--\r\n"));
v('st-lead', 'start', 'hard', 'DELIM-ODD', mm("--A1\r\n$T --A1\r\n" . att() . "--A1--\r\n"));
v('st-lead-tab', 'start', 'hard', 'DELIM-ODD', mm("--A1\r\n$T\t--A1\r\n" . att() . "--A1--\r\n"));
v('st-lead-all', 'start', 'hard', 'DELIM-ODD', mm(" --A1\r\n$T --A1\r\n" . att() . " --A1--\r\n"));
v('st-mid', 'start', 'hard', 'DELIM-ODD', mm("--A1\r\n${T}text--A1\r\n" . att() . "--A1--\r\n"));
v('st-dash1', 'start', 'hard', 'DELIM-ODD', mm("--A1\r\n$T-A1\r\n" . att() . "--A1--\r\n"));
v('st-dash3', 'start', 'hard', 'DELIM-ODD', mm("--A1\r\n$T---A1\r\n" . att() . "--A1--\r\n"));
v('st-dashsp', 'start', 'hard', 'DELIM-ODD', mm("--A1\r\n$T-- A1\r\n" . att() . "--A1--\r\n"));
v('st-nul-delim', 'start', 'any', '', mm("--A1\r\n$T--A1\0\r\n" . att() . "--A1--\r\n"));
v('st-gt', 'start', 'any', '', mm("--A1\r\n$T>--A1\r\n" . att() . "--A1--\r\n"));
v('st-epi', 'start', 'hard', 'EPILOGUE-PART', mixed('A1', $T) . "--A1\r\n" . att());
v('st-epi2', 'start', 'hard', 'EPILOGUE-PART', mixed('A1', $T) . att());
v('st-epi3', 'start', 'hard', 'EPILOGUE-PART', mixed('A1', $T) . "text\r\n\r\n" . body('A1', att()));
v('st-epi4', 'start', 'any', '', mixed('A1', $T) . $B);
v('st-epi5', 'start', 'hard', 'EPILOGUE-PART', mixed('A1', $T) . "--Q9\r\n" . att() . "--Q9--\r\n");
v('st-epi-uu', 'start', 'any', '', mixed('A1', $T) . "begin 644 e.com\r\n" . uu($P) . "`\r\nend\r\n");
v('st-epi-in', 'start', 'hard', 'EPILOGUE-PART', mixed('P0', $T, "$M\r\n\r\n" . body('A1', $T) . "--A1\r\n" . att()));
v('st-pre', 'start', 'hard', 'PREAMBLE-PART', mm(att() . body('A1', $T)));
v('st-pre2', 'start', 'hard', 'PREAMBLE-PART', mm("This is MIME.\r\n\r\n" . att() . body('A1', $T)));
v('st-pre3', 'start', 'any', '', mm("This is MIME.\r\n\r\n$B" . body('A1', $T)));
v('st-pre-uu', 'start', 'any', '', mm("begin 644 e.com\r\n" . uu($P) . "`\r\nend\r\n" . body('A1', $T)));
v('st-pre-delim', 'start', 'any', '', mm("--Q9\r\n" . att() . "--Q9--\r\n" . body('A1', $T)));
v('st-nosep', 'start', 'soft', 'HDR-NOSEP', "$H$M\r\n" . body('A1', $T, att()));
v('st-nosep-in', 'start', 'soft', 'HDR-NOSEP', mixed('P0', $T, "$M\r\n" . body('A1', $T, att())));
v('st-same', 'start', 'hard', 'BND-REUSE', mixed('A1', $T, "$M\r\n\r\n" . body('A1', att())));
v('st-prefix', 'start', 'soft', 'BND-PREFIX', mixed('A1', $T, "Content-Type: multipart/mixed; boundary=A1x\r\n\r\n" . body('A1x', $T, att())));
v('st-prefix2', 'start', 'soft', 'BND-PREFIX', mixed('A1x', $T, "$M\r\n\r\n" . body('A1', $T, att())));
v('st-noinner', 'start', 'hard', 'BND-MISSING', mixed('P0', $T, "Content-Type: multipart/mixed\r\n\r\n" . body('Q7', $T, att())));
v('st-outer-in', 'start', 'any', '', mixed('P0', "$M\r\n\r\n--A1\r\n$T--P0\r\n" . att() . "--A1--\r\n"));
v('st-outer-close', 'start', 'any', '', mixed('P0', "$M\r\n\r\n--A1\r\n$T--P0--\r\n--A1\r\n" . att() . "--A1--\r\n"));
v('st-undeclared', 'start', 'any', '', mixed('P0', $T, "Content-Type: text/plain\r\n\r\n" . body('Q7', $T, att())));
v('st-undeclared2', 'start', 'any', '', "${H}Content-Type: text/plain\r\n\r\n" . body('Q7', $T, att()));
v('st-nocts', 'start', 'any', '', "$H0\r\n" . body('Q7', $T, att()));
# Parts' headers.
my @hdr = (
	[ 'none', "\r\n$B" ], [ 'none2', $B ], [ 'blankfirst', "\r\n" . att() ], [ 'blank2', "\r\n\r\n" . att() ], [ 'wsfirst', " \r\n" . att() ],
	[ 'wssep', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n \t\r\n$B" ], [ 'wssep2', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n \r\n\r\n$B" ],
	[ 'nosep', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n$B" ], [ 'junk', "junk\r\n" . att() ], [ 'junkafter', "Content-Type: a/b\r\njunk\r\nContent-Transfer-Encoding: base64\r\n\r\n$B" ],
	[ 'lead', " Content-Type: a/b\r\n Content-Transfer-Encoding: base64\r\n\r\n$B" ], [ 'split', "Content-Type: a/b\r\n\r\nContent-Transfer-Encoding: base64\r\n\r\n$B" ],
	[ 'split2', "Content-Type: a/b\r\n \r\nContent-Transfer-Encoding: base64\r\n\r\n$B" ], [ 'textfirst', "hello\r\nyou\r\n\r\n" . att() ], [ 'fromline', "From x\@y Mon Jun  1\r\n" . att() ],
	[ 'endless', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\nX: " . 'y' x 3000 . "\r\n\r\n$B" ], [ 'foldsep', "Content-Type: a/b\r\nContent-Transfer-Encoding:\r\n\r\n base64\r\n\r\n$B" ],
	[ 'crsep', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r$B" ], [ 'crcrlf', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\r\n\r\r\n$B" ],
	[ 'lflf', "Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n$B" ], [ 'vt', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\x0b\r\n$B" ],
	[ 'manyblank', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n" . "\r\n" x 40 . $B ], [ 'nulsep', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\0\r\n$B" ],
	[ 'colonbase', "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n:\r\n\r\n$B" ], [ 'ctonly', "Content-Type: application/octet-stream\r\n\r\n$B" ], [ 'empty', "\r\n\r\n\r\n$B" ]);
for (@hdr) {
	my ($n, $p) = @$_;
	v("hdr-$n", 'start', 'any', '', mixed('A1', $T, $p));
	v("hdr-in-$n", 'start', 'any', '', mixed('P0', $T, "$M\r\n\r\n" . body('A1', $p)));
}
v('part-hdr-odd', 'start', 'soft+', 'PART-HDR-ODD', mixed('A1', $T, "\r\n" . att()));
v('part-hdr-odd2', 'start', 'soft+', 'PART-HDR-ODD', mixed('A1', $T, "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n \t\r\n$B"));
# Types and dispositions: the file is there whatever they say.
$i = 0;
for my $ct ('image/gif', 'audio/x-wav', 'video/mpeg', 'text/plain', 'text/html', 'application/pgp-signature', 'application/x-pkcs7-signature', 'application/pkcs7-mime', 'message/delivery-status', 'message/disposition-notification', 'text/rfc822-headers', 'text/calendar',
    'font/woff', 'x-a/x-b', 'model/vrml', 'application/ms-tnef', 'message/feedback-report', 'message/x', 'application/applefile', 'chemical/x-pdb', '', 'foo', 'application/zip', 'multipart', 'message/http', 'message/news', 'text/x-vcard') {
	$i++;
	v("type-$i", 'start', 'any', '', mixed('A1', $T, att(ct => $ct)));
	v("type-top-$i", 'start', 'any', '', $H . att(ct => $ct));
	v("type-disp-$i", 'start', 'any', '', mixed('A1', $T, att(ct => $ct, more => "Content-Disposition: " . ('inline', 'attachment', 'x-foo', 'none', 'form-data')[$i % 5] . "\r\n")));
}
for my $st (qw(mixed alternative related signed parallel report digest encrypted form-data appledouble x-unknown byteranges header-set), 'foo') {
	v("sub-$st", 'start', 'any', '', mail("Content-Type: multipart/$st; boundary=A1\r\n", 'A1', $T, att()));
	v("sub3-$st", 'start', 'any', '', mail("Content-Type: multipart/$st; boundary=A1\r\n", 'A1', $T, $T, att()));
	v("sub-first-$st", 'start', 'any', '', mail("Content-Type: multipart/$st; boundary=A1\r\n", 'A1', att(), $T));
}
v('sub-digest-822', 'start', 'any', '', mail("Content-Type: multipart/digest; boundary=A1\r\n", 'A1', "\r\n$inner", "\r\n$single"));
# Mail in mail.
for my $ct ('message/rfc822', 'message/global', 'message/news', 'application/octet-stream; name=a.eml', 'text/plain; name=a.eml', 'application/x-mimearchive; name=a.mht', 'text/rfc822', 'message/rfc822; name="x.txt"', 'application/eml', 'multipart/related; name=a.mht', 'image/png') {
	(my $n = $ct) =~ s/\W+/-/g;
	v("fwd-$n", 'start', 'any', '', mixed('P0', $T, "Content-Type: $ct\r\n\r\n$inner"));
	v("fwd1-$n", 'start', 'any', '', mixed('P0', $T, "Content-Type: $ct\r\n\r\n$single"));
	v("fwd64-$n", 'start', 'any', '', mixed('P0', $T, "Content-Type: $ct\r\nContent-Transfer-Encoding: base64\r\n\r\n" . b64($inner)));
	v("fwd164-$n", 'start', 'any', '', mixed('P0', $T, "Content-Type: $ct\r\nContent-Transfer-Encoding: base64\r\n\r\n" . b64($single)));
	v("fwdqp-$n", 'start', 'any', '', mixed('P0', $T, "Content-Type: $ct\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" . qp($inner)));
	v("fwdb-$n", 'start', 'any', '', mixed('P0', $T, "Content-Type: $ct\r\nContent-Transfer-Encoding: base64\r\n\r\n" . b64("${M}\r\n\r\n" . body('A1', $T, att()))));
}
v('fwd-twice64', 'start', 'any', '', mixed('P0', $T, att(ct => 'a/b; name=a.eml', body => b64(mixed('P1', $T, att(ct => 'a/b; name=b.eml', body => b64($inner)))))));
v('fwd-bom', 'start', 'any', '', mixed('P0', $T, att(ct => 'a/b; name=a.eml', body => b64("\xef\xbb\xbf$inner"))));
v('fwd-mbox', 'start', 'any', '', mixed('P0', $T, att(ct => 'application/mbox', body => b64("From ann Mon Jun  1 10:00:00 2026\r\n$inner\r\nFrom bob Mon Jun  1 10:00:00 2026\r\n$single"))));
v('fwd-lead', 'start', 'any', '', mixed('P0', $T, att(ct => 'a/b; name=a.eml', body => b64("\r\n\r\n$inner"))));
v('fwd-lf', 'start', 'any', '', mixed('P0', $T, att(ct => 'a/b; name=a.eml', body => b64($inner =~ s/\r//gr))));
v('fwd-cr', 'start', 'any', '', mixed('P0', $T, att(ct => 'a/b; name=a.eml', body => b64($inner =~ s/\n//gr))));
v('fwd-quoted', 'start', 'any', '', "${H}Content-Type: text/plain\r\n\r\nSee below.\r\n\r\n---------- Forwarded message ----------\r\n$single");
v('partial-1', 'start', 'hard', 'PARTIAL', "${H}Content-Type: message/partial; id=\"a\@b\"; number=1; total=1\r\n\r\n$inner");
v('partial-1s', 'start', 'hard', 'PARTIAL', "${H}Content-Type: message/partial; id=\"a\@b\"; number=1; total=1\r\n\r\n$single");
v('partial-2', 'none', 'hard', 'PARTIAL', "${H}Content-Type: message/partial; id=\"a\@b\"; number=1; total=2\r\n\r\n" . substr $inner, 0, -150);
v('partial-in', 'start', 'hard', 'PARTIAL', mixed('P0', $T, "Content-Type: message/partial; id=\"a\@b\"; number=1; total=1\r\n\r\n$inner"));
v('external', 'none', 'hard', 'EXTERNAL', mixed('P0', $T, "Content-Type: message/external-body; access-type=URL; URL=\"http://example.org/e.com\"\r\n\r\nContent-Type: application/octet-stream\r\n\r\n"));
v('external-body', 'start', 'hard', 'EXTERNAL', mixed('P0', $T, "Content-Type: message/external-body; access-type=local-file; name=x\r\n\r\n$single"));
my $x = $single;
$x = "${H}Content-Type: message/rfc822\r\n\r\n$x" for 1 .. 60;
v('deep-822', 'start', 'limit', '', $x);
$x = att();
$x = "Content-Type: multipart/mixed; boundary=q$_\r\n\r\n--q$_\r\n$x--q$_--\r\n" for 1 .. 90;
v('deep-mp', 'start', 'limit', '', $H . $x);
$x = $single;
$x = "${H}Content-Type: application/octet-stream; name=a.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n" . b64($x) for 1 .. 8;
v('deep-64', 'start', 'any', '', $x);
v('many-parts', 'start', 'any', '', mixed('A1', (("\r\nx\r\n") x 3000), att()));
v('many-parts-limit', 'none', 'limit', '', mixed('A1', (("\r\nx\r\n") x 6000), att()));
# Line ends.
my $m = mixed('A1', $T, att());
my %eol = (lf => "\n", cr => "\r", crcrlf => "\r\r\n", lfcr => "\n\r", crlfcr => "\r\n\r");
v("eol-$_", 'start', 'any', '', $m =~ s/\r\n/$eol{$_}/gr) for sort keys %eol;
v('eol-1cr', 'start', 'soft+', '', $m =~ s/\r\n(--A1\r\nContent-Type: app)/\r$1/r);
v('eol-1lf', 'start', 'soft', 'EOL-MIX', $m =~ s/\r\n(--A1\r\nContent-Type: app)/\n$1/r);
v('eol-crafter', 'start', 'soft+', '', $m =~ s/(--A1)\r\n(Content-Type: app)/$1\r$2/r);
v('eol-crhdr', 'start', 'hard', 'BARE-CR', $m =~ s/\r\n(Content-Transfer-Encoding: base)/\r$1/r);
v('eol-crct', 'start', 'hard', 'BARE-CR', $m =~ s/\r\n(Content-Type: mult)/\r$1/r);
v('eol-crsep', 'start', 'any', '', $m =~ s/base64\r\n\r\n/base64\r\n\r/r);
v('eol-crsep2', 'start', 'any', '', $m =~ s/base64\r\n\r\n/base64\r\r/r);
v('eol-body-lf', 'start', 'soft', '', $H . ($M . "\r\n\r\n" . body('A1', $T, att())) =~ s/\r\n/\n/gr);
v('eol-body-cr', 'start', 'any', '', $H . "$M\r\n\r\n" . body('A1', $T, att()) =~ s/\r\n/\r/gr);
v('eol-part-cr', 'start', 'any', '', mixed('A1', $T, att() =~ s/\r\n/\r/gr));
v('eol-crdelim-all', 'start', 'any', '', $m =~ s/\r\n--A1/\r--A1/gr);

# ---- B3: encodings ----

sub b { my ($n, $body, $class, $tok, $want) = @_; v("b64-$n", $want // 'start', $class // 'any', $tok // '', mixed('A1', $T, att(body => $body)));
	v("b64-top-$n", $want // 'start', $class // 'any', $tok // '', $H . att(body => $body)) }
my @c = map { MIME::Base64::encode_base64($_, '') } unpack '(a5)*', $P;
my @c4 = map { MIME::Base64::encode_base64($_, '') } unpack '(a4)*', $P;
my @c1 = map { MIME::Base64::encode_base64($_, '') } unpack '(a1)*', $P;
b('one', "$B1\r\n", 'none');
b('no-eol', $B1, 'none');
b('four', lines($B1, 4), 'none');
b('three', lines($B1, 3), 'none');
b('onechar', lines($B1, 1), 'none');
b('nopad', lines($B1 =~ s/=//gr, 76), 'any');
b('junk', join('!', split //, $B1) . "\r\n", 'soft+', 'B64-JUNK');
b('sp', join(' ', split //, $B1) . "\r\n");
b('dots', join("\r\n", map { "$_." } unpack '(a10)*', $B1) . "\r\n");
b('8bit', join("\xff", split //, $B1) . "\r\n");
b('nul', substr($B1, 0, 10) . "\0" . substr($B1, 10) . "\r\n");
b('nuls', join("\0", split //, $B1) . "\r\n");
b('ctl', join("\x01", unpack '(a7)*', $B1) . "\r\n");
b('lead', "   $B1   \r\n");
b('gt', join('', map { "> $_\r\n" } unpack '(a40)*', $B1));
b('indent', join('', map { "\t$_ \r\n" } unpack '(a40)*', $B1));
b('colon', substr($B1, 0, 20) . ':' . substr($B1, 20) . "\r\n");
b('pads', join('', @c) . "\r\n", 'hard', 'B64-PAD-MID');
b('padlines', join('', map { "$_\r\n" } @c), 'hard', 'B64-PAD-MID');
b('pads4', join('', @c4) . "\r\n", 'hard', 'B64-PAD-MID');
b('pads4l', join('', map { "$_\r\n" } @c4), 'hard', 'B64-PAD-MID');
b('pads1', join('', @c1) . "\r\n", 'hard', 'B64-PAD-MID');
b('pads1l', join('', map { "$_\r\n" } @c1), 'hard', 'B64-PAD-MID');
b('padjoin', substr($B1, 0, 20) . '=' . substr($B1, 20) . "\r\n", 'hard', 'B64-PAD-MID');
b('padjoin2', substr($B1, 0, 21) . '==' . substr($B1, 21, 30) . '=' . substr($B1, 51) . "\r\n", 'hard', 'B64-PAD-MID');
b('padjoin3', join('=', unpack '(a3)*', $B1 =~ s/=//gr) . "\r\n", 'hard', 'B64-PAD-MID');
b('padjoinl', join("=\r\n", unpack '(a20)*', $B1 =~ s/=//gr) . "\r\n", 'hard', 'B64-PAD-MID');
b('padjoinl2', join("==\r\n", unpack '(a21)*', $B1 =~ s/=//gr) . "\r\n", 'hard', 'B64-PAD-MID');
b('padlead', "====\r\n$B", 'any');
b('padlead2', "=$B1\r\n", 'any');
b('padstop', "$B1==AAAA\r\n", 'hard', 'B64-PAD-MID');
b('padjunk', "$B1\r\n!!!! some text\r\n", 'any');
b('padmore', "$B1====\r\n", 'any');
b('garbage-tail', "$B1 @@@ mailing list footer\r\n", 'any');
b('footer', "$B\r\n_______________\r\nlist mailing list\r\nlist\@example.org\r\n", 'any');
b('url', $B1 =~ tr{+/}{-_}r . "\r\n");
my $P2 = "\xfb\xef\xbe\xff\xfe$P";
b('imap', $B1 =~ tr{/}{,}r . "\r\n");
b('blank', MIME::Base64::encode_base64(substr($P, 0, 30), '') . "\r\n\r\n" . MIME::Base64::encode_base64(substr($P, 30), '') . "\r\n");
b('blanks', "\r\n" x 50 . $B, 'any');
b('blankpre', "AAAA\r\n\r\n$B", 'any', '', 'in');
b('blankbad', "AAA\r\n\r\n$B", 'any');
b('textpre', "Hello, this is text before.\r\n\r\n$B", 'any');
b('crs', lines($B1, 20, "\r"));
b('vt', lines($B1, 20, "\x0b\r\n"));
b('qpish', join("=\r\n", unpack '(a40)*', $B1 =~ s/=//gr) . "\r\n");
b('hexpad', $B1 =~ s/=/=3D/gr . "\r\n");
v('b64-alpha', 'in', 'soft+', 'B64-ALPHA', mixed('A1', $T, att(body => lines(MIME::Base64::encode_base64("\xfb\xff\xbf\xfb$P", '') =~ tr{+/}{-_}r, 76))));
v('b64-alpha-imap', 'in', 'soft+', 'B64-ALPHA', mixed('A1', $T, att(body => lines(MIME::Base64::encode_base64("\xff\xff\xff\xff$P", '') =~ tr{/}{,}r, 76))));
v('b64-text-cte7', 'start', 'any', '', mixed('A1', $T, "Content-Type: text/plain\r\n\r\nplease decode:\r\n\r\n$B\r\n"));

sub q_ { my ($n, $body, $class, $tok, $want) = @_; v("qp-$n", $want // 'start', $class // 'any', $tok // '', mixed('A1', $T, att(cte => 'quoted-printable', body => $body)));
	v("qp-top-$n", $want // 'start', $class // 'any', $tok // '', $H . att(cte => 'quoted-printable', body => $body)) }
my $Q = hexqp($P);
my @q = unpack '(a30)*', $Q;
q_('all', "$Q\r\n", 'any');
q_('lower', lc($Q) . "\r\n", 'any');
q_('soft', join("=\r\n", @q) . "\r\n", 'none');
q_('softsp', join("= \r\n", @q) . "\r\n", 'soft', 'QP-PAD');
q_('softtab', join("=\t\r\n", @q) . "\r\n", 'soft', 'QP-PAD');
q_('softmany', join("= \t  \t\r\n", @q) . "\r\n", 'soft', 'QP-PAD');
q_('softcr', join("=\r", @q) . "\r\n", 'any');
q_('softlf', join("=\n", @q) . "\r\n", 'any');
q_('softcrcrlf', join("=\r\r\n", @q) . "\r\n", 'any');
q_('softspcr', join("= \r", @q) . "\r\n", 'any');
q_('plain', substr($P, 0, 20) . "=\r\n" . substr($P, 20) . "\r\n", 'any');
q_('plainsp', substr($P, 0, 20) . "=  \r\n" . substr($P, 20) . "\r\n", 'any');
q_('plaincr', substr($P, 0, 20) . "=\r" . substr($P, 20) . "\r\n", 'any');
q_('bad', substr($P, 0, 10) . "=\r\n" . substr($P, 10) . "=ZZ\r\n", 'soft', 'QP-BAD');
q_('bad2', substr($P, 0, 10) . "=\r\n" . substr($P, 10) . "=4\r\n", 'soft', 'QP-BAD');
q_('twosoft', substr($P, 0, 10) . "=\r\n=\r\n" . substr($P, 10) . "\r\n", 'any');
q_('leadsoft', "=\r\n$Q\r\n", 'any');
q_('long', ("=20" x 0) . "$Q=\r\n=\r\n", 'any');
q_('eof', "$Q=", 'any');
q_('b64ish', join("=\r\n", unpack '(a10)*', $P) . "\r\n", 'any');
v('qp-cte7', 'start', 'any', '', mixed('A1', $T, att(cte => '7bit', body => "$Q\r\n")));
v('qp-b64', 'start', 'any', '', mixed('A1', $T, att(cte => 'quoted-printable', body => $B)));

my $U = uu($P);
sub t { my ($n, $body, %o) = @_; my $cte = $o{cte} // '7bit';
	v("uu-$n", $o{want} // 'start', $o{class} // 'any', $o{tok} // '', "${H}Content-Type: text/plain\r\nContent-Transfer-Encoding: $cte\r\n\r\n$body");
	v("uu-part-$n", $o{want} // 'start', $o{class} // 'any', $o{tok} // '', mixed('A1', $T, "Content-Type: " . ($o{ct} // 'text/plain') . "\r\nContent-Transfer-Encoding: $cte\r\n\r\n$body"));
	v("uu-none-$n", $o{want} // 'start', 'any', '', "$H0\r\n$body") }
t('ok', "begin 644 e.com\r\n$U`\r\nend\r\n", class => 'soft', tok => 'ENC-INLINE');
t('text', "Hello\r\n\r\nbegin 644 e.com\r\n$U`\r\nend\r\n\r\nBye\r\n", class => 'soft', tok => 'ENC-INLINE');
t('noend', "begin 644 e.com\r\n$U");
t('nobacktick', "begin 644 e.com\r\n${U}end\r\n");
t('noname', "begin 644\r\n$U`\r\nend\r\n");
t('nomode', "begin e.com\r\n$U`\r\nend\r\n");
t('bare', "begin\r\n$U`\r\nend\r\n");
t('four', "begin 0644 e.com\r\n$U`\r\nend\r\n");
t('twosp', "begin  644  e.com\r\n$U`\r\nend\r\n");
t('tab', "begin\t644\te.com\r\n$U`\r\nend\r\n");
t('lead', "  begin 644 e.com\r\n$U`\r\nend\r\n");
t('caps', "BEGIN 644 e.com\r\n$U`\r\nEND\r\n");
t('spaces', "begin 644 e.com\r\n" . $U =~ tr/`/ /r . " \r\nend\r\n");
t('ticks', "begin 644 e.com\r\n" . $U =~ tr/ /`/r . "`\r\nend\r\n");
t('trimmed', "begin 644 e.com\r\n" . $U =~ s/[ `]+\r\n/\r\n/gr . "`\r\nend\r\n");
t('short', "begin 644 e.com\r\n" . join('', map { uu($_) } unpack '(a10)*', $P) . "`\r\nend\r\n");
t('chk', "begin 644 e.com\r\n" . $U =~ s/\r\n/Q\r\n/gr . "`\r\nend\r\n");
t('blanklines', "begin 644 e.com\r\n" . $U =~ s/\r\n/\r\n\r\n/gr . "`\r\nend\r\n");
t('afterblank', "begin 644 e.com\r\n\r\n$U`\r\nend\r\n");
t('cte', "begin 644 e.com\r\n$U`\r\nend\r\n", cte => 'x-uuencode', tok => '');
t('cte2', "begin 644 e.com\r\n$U`\r\nend\r\n", cte => 'x-uue');
t('cte3', "begin 644 e.com\r\n$U`\r\nend\r\n", cte => 'uuencode');
t('cte-base64', "begin 644 e.com\r\n$U`\r\nend\r\n", cte => 'base64');
t('nobegin', $U, cte => 'x-uuencode');
t('nobegin2', "$U`\r\nend\r\n", cte => '7bit');
t('b64', "begin-base64 644 e.com\r\n$B====\r\n");
t('second', "begin 644 a.txt\r\n" . uu("harmless text, of no matter") . "`\r\nend\r\nbegin 644 e.com\r\n$U`\r\nend\r\n");
t('fake', "begin the day with\r\nbegin 644 e.com\r\n$U`\r\nend\r\n");
t('inbin', "begin 644 e.com\r\n$U`\r\nend\r\n", ct => 'application/octet-stream');
v('uu-in-b64', 'start', 'any', '', mixed('A1', $T, att(ct => 'text/plain', body => b64("begin 644 e.com\r\n$U`\r\nend\r\n"))));
v('uu-in-qp', 'start', 'any', '', mixed('A1', $T, att(ct => 'text/plain', cte => 'quoted-printable', body => qp("begin 644 e.com\n" . ($U =~ s/\r//gr) . "`\nend\n"))));
v('uu-cr', 'start', 'any', '', "${H}Content-Type: text/plain\r\n\r\n" . "begin 644 e.com\r\n$U`\r\nend\r\n" =~ s/\r\n/\r/gr);
v('uu-of-mail', 'start', 'any', '', "${H}Content-Type: text/plain\r\n\r\nbegin 644 a.eml\r\n" . uu($inner) . "`\r\nend\r\n");
my $ye = join '', map { my $c = (ord() + 42) & 255; ($c == 0 || $c == 10 || $c == 13 || $c == 61) ? '=' . chr(($c + 64) & 255) : chr $c } split //, $P;
t('yenc', "=ybegin line=128 size=68 name=e.com\r\n$ye\r\n=yend size=68\r\n", cte => '8bit');
t('yenc-part', "=ybegin part=1 line=128 size=68 name=e.com\r\n=ypart begin=1 end=68\r\n$ye\r\n=yend size=68 part=1\r\n", cte => '8bit');
t('yenc-cte', "=ybegin line=128 size=68 name=e.com\r\n$ye\r\n=yend size=68\r\n", cte => 'x-yenc');
t('yenc-lines', "=ybegin line=20 size=68 name=e.com\r\n" . lines($ye =~ s/=(.)/=$1/gr, 20) . "=yend size=68\r\n", cte => '8bit') if $ye !~ /=/;
t('yenc-noend', "text\r\n=ybegin line=128 size=68 name=e.com\r\n$ye\r\n", cte => 'binary');
sub crc { my $c = 0; for (split //, $_[0]) { my $o = ord; for my $b (reverse 0 .. 7) { my $t = ($c & 0x8000) ? 1 : 0; $c = (($c << 1) | (($o >> $b) & 1)) & 0xffff; $c ^= 0x1021 if $t } } $c }
sub binhex {
	my $h = "\5e.com\0TEXTxxxx" . pack 'nNN', 0, length $_[0], 0;
	my $r = $h . pack('n', crc("$h\0\0")) . $_[0] . pack('n', crc("$_[0]\0\0")) . "\0\0";
	$r =~ s/\x90/\x90\0/g;
	my $bits = unpack 'B*', $r;
	$bits .= '0' while length($bits) % 6;
	my $tb = q{!"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr};
	my $s = ':' . join('', map { substr $tb, oct "0b$_", 1 } $bits =~ /(.{6})/g) . ':';
	return "(This file must be converted with BinHex 4.0)\r\n\r\n" . lines($s, 64);
}
t('hqx', binhex($P));
t('hqx-text', "See this:\r\n" . binhex($P) . "\r\nBye\r\n");
v('hqx-type', 'start', 'any', '', mixed('A1', $T, "Content-Type: application/mac-binhex40\r\n\r\n" . binhex($P)));
v('hqx-b64', 'start', 'any', '', mixed('A1', $T, att(ct => 'application/mac-binhex40', body => b64(binhex($P)))));

# ---- B4: names ----

$i = 0;
for (
	[ 'filename=e.com', [ 'e.com' ] ], [ 'filename="e.com"; filename="e.txt"', [ 'e.com', 'e.txt' ], 'NAME-DUP' ], [ "filename=\"e.txt\"\r\nContent-Disposition: attachment; filename=\"e.com\"", [ 'e.txt', 'e.com' ], 'CD-DUP' ],
	[ "filename*=utf-8''e%2Ecom", [ 'e.com', 'e%2Ecom' ] ], [ 'filename*0="e."; filename*1=com', [ 'e.com' ] ], [ 'filename*1=com; filename*0="e."', [ 'e.com', 'come.' ] ], [ "filename*0*=utf-8''e%2E; filename*1=com", [ 'e.com' ] ],
	[ 'filename="=?utf-8?Q?e=2Ecom?="', [ 'e.com', '=?utf-8?Q?e=2Ecom?=' ] ], [ 'filename="=?utf-8?B?ZS5jb20=?="', [ 'e.com' ] ], [ 'filename="=?utf-8?Q?e?= =?utf-8?Q?=2Ecom?="', [ 'e.com' ] ],
	[ "filename=\"e.com\0.txt\"", [ 'e.com', 'e.com.txt' ] ], [ 'filename="../../e.com"', [ '../../e.com' ] ], [ 'filename="C:\\x\\e.com"', [ 'C:xe.com', 'C:\\x\\e.com' ] ], [ 'filename="e.com', [ 'e.com' ] ], [ 'filename=e.com.', [ 'e.com.' ] ],
	[ 'filename="e.com   "', [ 'e.com' ] ], [ 'filename=a b.com', [ 'a', 'a b.com' ] ], [ 'filename="a\\"b.com"', [ 'a"b.com' ] ], [ "filename=\"e\r\n .com\"", [ 'e .com', 'e.com' ] ], [ "filename='e.com'", [ "'e.com'", 'e.com' ] ],
	[ "filename*=utf-8''e.com; filename=e.txt", [ 'e.com', 'e.txt' ], '' ], [ "filename=e.txt; filename*=utf-8''e.com", [ 'e.com', 'e.txt' ] ], [ 'filename=(c)e.com', [ 'e.com' ] ], [ "filename*=utf-8''e%00.com", [ 'e', 'e.com' ] ],
	[ "filename=\"\xe2\x80\xaemoc.e\"", [ "\xe2\x80\xaemoc.e" ], 'NAME-BIDI' ], [ 'filename="' . 'x' x 4000 . '.com"', [], 'NAME-LONG' ], [ "filename=\"e\x01.com\"", [ 'e.com' ] ], [ 'filename="e.t""xt.com"', [ 'e.t' ] ], [ 'filename=e.txt;x="; filename=e.com"', [ 'e.txt', 'e.com' ] ],
	[ "filename=\"e.com;\r\n\tx=y", [ 'e.com' ] ], [ "filename==?utf-8?Q?e=2Ecom?=", [ 'e.com' ] ]) {
	my ($cd, $names, $tok) = @$_;
	$i++;
	v("fname-$i", 'start', 'any', $tok // '', mixed('A1', $T, att(ct => 'application/octet-stream', more => "Content-Disposition: attachment; $cd\r\n")), names => $names);
	(my $ct = $cd) =~ s/filename/name/g;
	$ct =~ s/Content-Disposition: attachment/Content-Type: application\/x/;
	v("name-$i", 'start', 'any', '', mixed('A1', $T, att(ct => "application/octet-stream; $ct")), names => $names);
}
v('names-both', 'start', 'any', '', mixed('A1', $T, att(ct => 'a/b; name=one.txt', more => "Content-Disposition: attachment; filename=two.com\r\n")), names => [ 'one.txt', 'two.com' ]);
v('names-view', 'start', 'any', '', mixed('A1', $T, "Content-Type: a/b; name=one.txt\r\nContent-Transfer-Encoding: base64\r\n \r\nContent-Disposition: attachment; filename=two.com\r\n\r\n$B"), names => [ 'one.txt', 'two.com' ]);
v('names-descr', 'start', 'any', '', mixed('A1', $T, att(ct => 'a/b', more => "Content-Description: three.com\r\n")), names => []);

require './tests/corpus/mime/ordinary.pl';
ordinary({ H => $H, H0 => $H0, T => $T, ok => \&ok, okraw => \&okraw, b64 => \&b64, lines => \&lines, body => \&body, qp => \&qp, uu => \&uu });

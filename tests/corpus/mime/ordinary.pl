# SPDX-License-Identifier: ISC
# Ordinary mail, for vectors.pl: in the shapes that honest programs give it.  None of it may be flagged hard, or cost an object more.
use strict;
use warnings;

# Octets that look like a file: no pattern, the same each time.
sub noise { my ($n, $seed) = @_; my ($s, $x) = ('', $seed // 7); while (length $s < $n) { $x = ($x * 1103515245 + 12345) & 0x7fffffff; $s .= chr(($x >> 16) & 255) } $s }
sub n64 { MIME::Base64::encode_base64(noise(@_), "\n") }
sub lorem { my $n = shift; my $s = ''; $s .= "This is line $_ of a letter, and it says what letters say, no more.\n" for 1 .. $n; $s }

sub ordinary {
	my ($c) = @_;
	my $H = $c->{H} =~ s/\r//gr;
	my $H0 = $c->{H0} =~ s/\r//gr;
	my $plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln\n";
	my $html = "Content-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\n<html><body style=3D\"margin:0\"><p>Gr=C3=BC=C3=9Fe, click =\n<a href=3D\"https://example.org/?a=3Db&c=3Dd\">here</a> =E2=80=93 now</p></body></html>\n";
	my $txtqp = "Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\nHello Bob,\n\nprice =3D 5 =E2=82=AC, and a long line that has to be broken softly because it is =\nlonger than seventy-six octets.\n--=20\nAnn\n";
	my $pdf = "Content-Type: application/pdf; name=\"invoice.pdf\"\nContent-Disposition: attachment; filename=\"invoice.pdf\"\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("%PDF-1.4\n" . noise(900));
	my $zip = "Content-Type: application/zip\nContent-Disposition: attachment; filename=a.zip\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("PK\3\4" . noise(700, 3));
	my $png = "Content-Type: image/png; name=\"logo.png\"\nContent-ID: <logo\@x>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("\x89PNG\r\n\x1a\n" . noise(500, 5));
	my $mp = sub { my ($st, $bd, @p) = @_; "Content-Type: multipart/$st;\n\tboundary=\"$bd\"\n\n" . join('', map { "--$bd\n$_\n" } @p) . "--$bd--\n" };
	my $fwd = "From: carl\@example.com\nTo: ann\@example.org\nSubject: old\nDate: Sun, 31 May 2026 08:00:00 +0000\nMIME-Version: 1.0\n";

	# Letters.
	ok('plain', "$H" . "Content-Type: text/plain; charset=us-ascii\n\n" . lorem(10));
	ok('nomime', "$H0\n" . lorem(3));
	ok('plain-8bit', "$H$plain");
	ok('plain-qp', "$H$txtqp");
	ok('plain-b64', "${H}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64(lorem(20)));
	ok('plain-b64-qptext', "${H}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("a=b\nc = d=20e\nhttps://x/?q=aa&b=3d\n"));
	ok('html', "$H$html");
	ok('signature', "$H$plain\n-- \nAnn Example\nExample Ltd, 1 Street\n");
	ok('separators', "$H$plain\n\n--------------------\nsome\n-----\nmore\n---\n--\n------ end ------\n");
	ok('outlook-original', "$H$plain\n\n-----Original Message-----\nFrom: Carl [mailto:carl\@example.com]\nSent: Sunday, May 31, 2026 8:00 AM\nTo: Ann\nSubject: old\n\nHello Ann,\nold words.\n");
	ok('outlook-original2', "${H}Content-Type: text/plain\n\nsee\n\n________________________________\nFrom: Carl\nSent: Sunday\nTo: Ann\nSubject: old\n\nHello Ann,\nold words.\n");
	ok('gmail-forward', "${H}Content-Type: text/plain; charset=\"UTF-8\"\n\n---------- Forwarded message ---------\nFrom: Carl <carl\@example.com>\nDate: Sun, May 31, 2026 at 8:00 AM\nSubject: old\nTo: Ann <ann\@example.org>\n\n\nHello Ann,\n\nold words\n");
	ok('thunderbird-forward', "${H}Content-Type: text/plain\n\n\n\n-------- Forwarded Message --------\nSubject: \told\nDate: \tSun, 31 May 2026 08:00:00 +0000\nFrom: \tCarl <carl\@example.com>\nTo: \tann\@example.org\n\n\n\nold words\n");
	ok('reply', "$H$plain\nOn Sunday Carl wrote:\n> From: x\n> Content-Type: y\n> -- \n> Carl\n> a = b\n");
	ok('diff', "${H}Content-Type: text/plain\n\n--- a/file.c\n+++ b/file.c\n\@\@ -1,3 +1,3 \@\@\n-int a = 1;\n+int a = 2;\n--b;\n++c;\n---\n 2.39\n");
	ok('git-patch', "${H0}\nWhy: it was wrong.\n\nSigned-off-by: Ann <ann\@example.org>\n---\n file.c | 2 +-\n 1 file changed\n\ndiff --git a/file.c b/file.c\nindex 123..456 100644\n--- a/file.c\n+++ b/file.c\n\@\@ -1 +1 \@\@\n-x\n+y\n-- \n2.39.5\n\n");
	ok('sql', "${H}Content-Type: text/plain\n\nselect 1; -- comment\n-- whole line\n--another\nbegin transaction\nbegin 1\nend\n");
	ok('long-line', "${H}Content-Type: text/plain\n\n" . 'word ' x 4000 . "\n");
	ok('long-lines-html', "${H}Content-Type: text/html\n\n<html>" . '<td>x</td>' x 3000 . "</html>\n");
	ok('8bit-header', "${H}X-Note: Gr\xfc\xdfe\nSubject: na\xefve\n$plain");
	ok('utf8-header', "${H}X-Note: Gr\xc3\xbc\xc3\x9fe\n$plain");
	ok('folded', "${H}References: <1\@x>\n <2\@x>\n\t<3\@x>\nX-Long: a\n b\n c\n$plain");
	ok('b64-nopad', "${H}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" . (MIME::Base64::encode_base64('x' x 50) =~ s/=//gr), 0, 'any');
	ok('empty-body', "${H}Content-Type: text/plain\n\n");
	ok('no-body', "${H}Content-Type: text/plain\n");
	ok('patch-equals', "${H}Content-Type: text/plain\n\nset a=20\nset b=3D\nx==y\nkey=value=\nline ends with =\nnext\n");
	ok('table', "${H}Content-Type: text/plain\n\nName: Ann\nStreet: x\nCity: y\n\nSubject: of the form\nFrom: the form\n\n--\nform mailer\n");
	ok('key-block', "${H}Content-Type: text/plain\n\n-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: GnuPG v2\n\n" . n64(600) . "=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n");
	ok('pem', "${H}Content-Type: text/plain\n\nHere it is\n-----BEGIN CERTIFICATE-----\n" . n64(600) . "-----END CERTIFICATE-----\n");
	ok('pgp-inline', "${H}Content-Type: text/plain\n\n-----BEGIN PGP MESSAGE-----\n\n" . n64(600) . "=abcd\n-----END PGP MESSAGE-----\n");
	ok('pgp-clear', "${H}Content-Type: text/plain\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n- -- \nAnn\n-----BEGIN PGP SIGNATURE-----\n\n" . n64(300) . "=abcd\n-----END PGP SIGNATURE-----\n");
	ok('ssh-key', "${H}Content-Type: text/plain\n\nssh-rsa " . MIME::Base64::encode_base64(noise(280), '') . " ann\@x\n", 1, 'any');
	ok('hashes', "${H}Content-Type: text/plain\n\nd41d8cd98f00b204e9800998ecf8427e  a\nda39a3ee5e6b4b0d3255bfef95601890afd80709  b\n", 1, 'any');
	ok('japanese', "${H}Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit\n\n\e\$B\$3\$s\$K\$A\$O\e(B\n\e\$B@\$3&\e(B = test\n");
	# With parts.
	ok('alternative', $H . $mp->('alternative', '0000000000abc', $txtqp, $html));
	ok('newsletter', $H . $mp->('alternative', '----=_Part_123_456.789', $txtqp, $html));
	ok('outlook', $H . $mp->('mixed', '----=_NextPart_000_0001_01D.ABC', $mp->('alternative', '----=_NextPart_001_0002_01D.ABC', $txtqp, $html), $pdf) =~ s/^Content-Type/Content-Type/r);
	ok('outlook-preamble', "${H}Content-Type: multipart/mixed;\n\tboundary=\"b1_x\"\n\nThis is a multi-part message in MIME format.\n\n--b1_x\n$plain\n--b1_x\n$pdf\n--b1_x--\n");
	ok('related', $H . $mp->('related', '_004_ABC_', $mp->('alternative', '_000_ABC_', $txtqp, $html), $png));
	ok('apple', $H . $mp->('alternative', 'Apple-Mail=_1234-5678', $plain, $mp->('mixed', 'Apple-Mail=_9ABC', $html, $pdf, $html)));
	ok('pdf', $H . $mp->('mixed', 'xyz', $plain, $pdf));
	ok('zip', $H . $mp->('mixed', 'xyz', $plain, $zip));
	ok('many', $H . $mp->('mixed', 'xyz', $plain, $pdf, $zip, $png, $pdf));
	ok('pdf-only', $H . $pdf);
	ok('unquoted', "${H}Content-Type: multipart/mixed; boundary=abc_def-1\n\n--abc_def-1\n$plain\n--abc_def-1\n$pdf\n--abc_def-1--\n");
	ok('html-att', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: text/html; name=a.html\nContent-Disposition: attachment; filename=a.html\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("<html>\n" . lorem(20))));
	ok('txt-att', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: text/plain; name=log.txt\nContent-Disposition: attachment; filename=log.txt\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("Date: today\nFrom: here\n--- log ---\na=b\n" . lorem(9))), 0, 'any');
	ok('csv-att', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: text/csv\nContent-Disposition: attachment; filename=\"a.csv\"\nContent-Transfer-Encoding: quoted-printable\n\na;b;c=3D\n1;2;3\n"));
	ok('calendar', $H . $mp->('alternative', 'cal', $plain, $html, "Content-Type: text/calendar; charset=UTF-8; method=REQUEST\nContent-Transfer-Encoding: 7bit\n\nBEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:meeting\nDESCRIPTION:text\\n\n ----\nEND:VEVENT\nEND:VCALENDAR\n"));
	ok('calendar-b64', $H . $mp->('alternative', 'cal', $plain, "Content-Type: text/calendar; method=REQUEST\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")));
	ok('vcard', $H . $mp->('mixed', 'vc', $plain, "Content-Type: text/vcard; name=ann.vcf\n\nBEGIN:VCARD\nVERSION:3.0\nN:Ann\nPHOTO;ENCODING=b:" . MIME::Base64::encode_base64(noise(200), '') . "\nEND:VCARD\n"), 1, 'any');
	ok('filename-2231', $H . $mp->('mixed', 'xyz', $plain, $pdf =~ s/filename="invoice.pdf"/filename*=utf-8''Rechnung%20%C3%BC.pdf/r));
	ok('filename-2047', $H . $mp->('mixed', 'xyz', $plain, $pdf =~ s/name="invoice.pdf"\n/name="=?utf-8?Q?Rechnung_=C3=BC.pdf?="\n/r));
	ok('filename-long', $H . $mp->('mixed', 'xyz', $plain, $pdf =~ s/filename="invoice.pdf"/filename*0="invoice of the second of May for";\n filename*1=" Mister Bob.pdf"/r));
	ok('no-newline-end', $H . ($mp->('mixed', 'xyz', $plain, $pdf) =~ s/\n\z//r));
	ok('epilogue-blank', $H . $mp->('mixed', 'xyz', $plain, $pdf) . "\n\n");
	# Lists.
	ok('list-footer', "$H$plain\n_______________________________________________\nlist mailing list\nlist\@lists.example.org\nhttps://lists.example.org/listinfo/list\n");
	ok('list-footer-part', $H . $mp->('mixed', '===============123==', $plain, "Content-Type: text/plain; charset=\"us-ascii\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline\n\n_______________________________________________\nlist mailing list\n"));
	ok('list-epilogue', $H . $mp->('mixed', 'xyz', $plain, $pdf) . "\n_______________________________________________\nlist mailing list\nlist\@lists.example.org\n", 0, 'any');
	ok('list-after-b64', "${H}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64(lorem(20)) . "_______________________________________________\nlist mailing list\nlist\@lists.example.org\n", 6, 'any');
	ok('digest', $H . $mp->('mixed', 'dig', $plain, $mp->('digest', 'dig2', "\n$fwd\nfirst\n", "\n$fwd\nsecond\n", "Content-Type: message/rfc822\n\n$fwd\nthird\n")), 0, 'soft');
	ok('digest-1153', "${H}Content-Type: text/plain\n\nToday's Topics:\n   1. one\n\n----------------------------------------------------------------------\n\nMessage: 1\nDate: Mon, 1 Jun 2026\nFrom: x\@y\nSubject: one\nTo: list\@z\nMessage-ID: <1\@y>\nContent-Type: text/plain; charset=us-ascii\n\nfirst\n\n------------------------------\n\nMessage: 2\nDate: Mon, 1 Jun 2026\nFrom: z\@y\nSubject: two\nContent-Type: text/plain; charset=\"iso-8859-1\"\n\nsecond\n\n------------------------------\n\nEnd of list Digest\n", 2, 'any');
	# Signed, sealed.
	ok('smime', $H . "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"----ABC\"\n\nThis is an S/MIME signed message\n\n------ABC\n$plain\n------ABC\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"smime.p7s\"\n\n" . n64(1200) . "\n------ABC--\n\n");
	ok('smime-nested', $H . "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=\"ABC\"\n\n--ABC\n" . $mp->('mixed', 'in', $plain, $pdf) . "\n--ABC\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\nContent-Transfer-Encoding: base64\n\n" . n64(900) . "\n--ABC--\n");
	ok('pgp-mime', $H . "Content-Type: multipart/signed; micalg=pgp-sha512; protocol=\"application/pgp-signature\"; boundary=\"ZZ\"\n\nThis is an OpenPGP/MIME signed message (RFC 4880 and 3156)\n--ZZ\n" . $mp->('mixed', 'in', $plain, $pdf) . "\n--ZZ\nContent-Type: application/pgp-signature; name=\"signature.asc\"\nContent-Description: OpenPGP digital signature\n\n-----BEGIN PGP SIGNATURE-----\n\n" . n64(300) . "=abcd\n-----END PGP SIGNATURE-----\n\n--ZZ--\n");
	ok('pgp-encrypted', $H . "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"ZZ\"\n\n--ZZ\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--ZZ\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\n\n-----BEGIN PGP MESSAGE-----\n\n" . n64(900) . "=abcd\n-----END PGP MESSAGE-----\n\n--ZZ--\n");
	ok('dkim', "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=From:To;\n\tbh=" . substr(n64(32), 0, 43) . "=;\n\tb=" . (n64(250) =~ s/\n(?=.)/\n\t /gr) . "$H$plain");
	ok('arc', "ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=x; s=y;\n        b=" . (n64(250) =~ s/\n(?=.)/\n         /gr) . "X-MS-Exchange-AntiSpam-MessageData-0: " . (n64(700) =~ s/\n(?=.)/\n =?us-ascii?Q?x?=\n /gr) . "$H$plain");
	ok('tnef', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: application/ms-tnef; name=\"winmail.dat\"\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("\x78\x9f\x3e\x22" . noise(500))));
	# Forwarded.
	ok('fwd-part', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: message/rfc822\nContent-Disposition: attachment; filename=\"old.eml\"\n\n$fwd$plain\n"));
	ok('fwd-mixed', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: message/rfc822\n\n$fwd" . $mp->('mixed', 'abc', $plain, $pdf)));
	ok('fwd-twice', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: message/rfc822\n\n$fwd" . $mp->('mixed', 'abc', $plain, "Content-Type: message/rfc822\n\n$fwd" . $mp->('alternative', 'def', $txtqp, $html))));
	# Bounces.
	ok('bounce-postfix', "${H}Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"4ABC.1234/mx.example.net\"\n\nThis is a MIME-encapsulated message.\n\n--4ABC.1234/mx.example.net\nContent-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\nThis is the mail system at host mx.\n\n<x\@y>: unknown\n\n--4ABC.1234/mx.example.net\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\nArrival-Date: Mon, 1 Jun 2026\n\nFinal-Recipient: rfc822; x\@y\nAction: failed\nStatus: 5.1.1\n\n--4ABC.1234/mx.example.net\nContent-Description: Undelivered Message\nContent-Type: message/rfc822\n\n$fwd" . $mp->('mixed', 'orig', $plain, $pdf) . "\n--4ABC.1234/mx.example.net--\n");
	ok('bounce-headers', "${H}Content-Type: multipart/report; report-type=delivery-status; boundary=\"rr\"\n\n--rr\n$plain\n--rr\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; x\@y\nAction: failed\n\n--rr\nContent-Type: text/rfc822-headers\n\n${fwd}Content-Type: multipart/mixed; boundary=\"orig\"\n\n--rr--\n", 1, 'any');
	ok('bounce-exim', "${H0}X-Failed-Recipients: x\@y\nAuto-Submitted: auto-replied\n\nThis message was created automatically by mail delivery software.\n\n  x\@y\n    all relevant MX records point to non-existent hosts\n\n------ This is a copy of the message, including all the headers. ------\n\nReturn-path: <a\@b>\nReceived: from x by y\n\tid 1; Mon, 1 Jun 2026\n${fwd}Content-Type: text/plain; charset=us-ascii\n\n" . lorem(4), 2, 'any');
	ok('bounce-qmail', "${H0}\nHi. This is the qmail-send program at x.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<x\@y>:\nSorry.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <a\@b>\nReceived: (qmail 1 invoked from network); 1 Jun 2026\n${fwd}" . $mp->('mixed', 'orig', $plain, $pdf), 3, 'any');
	ok('bounce-exchange', "${H}Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"_000_a_\"\n\n--_000_a_\n" . $mp->('alternative', '_001_a_', $txtqp, $html) . "\n--_000_a_\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;x\n\nFinal-recipient: RFC822;x\@y\nAction: failed\n\n--_000_a_\nContent-Type: message/rfc822\n\n$fwd" . $mp->('related', '_002_a_', $html, $png) . "\n--_000_a_--\n");
	ok('bounce-cut', "${H}Content-Type: multipart/report; boundary=\"rr\"\n\n--rr\n$plain\n--rr\nContent-Type: message/rfc822\n\n$fwd" . substr($mp->('mixed', 'orig', $plain, $pdf), 0, 900) . "\n--rr--\n", 1, 'any');
	ok('mdn', "${H}Content-Type: multipart/report; report-type=disposition-notification; boundary=\"rr\"\n\n--rr\n$plain\n--rr\nContent-Type: message/disposition-notification\n\nReporting-UA: x\nFinal-Recipient: rfc822;x\@y\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--rr--\n");
	ok('arf', "${H}Content-Type: multipart/report; report-type=feedback-report; boundary=\"rr\"\n\n--rr\n$plain\n--rr\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n--rr\nContent-Type: message/rfc822\n\n$fwd$plain\n--rr--\n");
	ok('dmarc', $H . "Content-Type: application/gzip; name=\"x!y!1!2.xml.gz\"\nContent-Disposition: attachment; filename=\"x!y!1!2.xml.gz\"\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("\x1f\x8b\x08" . noise(600)));
	# Old and odd, but honest.
	okraw('lf', (($H . $mp->('mixed', 'xyz', $plain, $pdf))));
	okraw('cr-in-text', do { my $s = "$H${plain}one\ntwo"; $s =~ s/\n/\r\n/g; "$s\rthree\rfour\r\n" }, 0, 'any');
	okraw('crcrlf-text', do { my $s = "${H}Content-Type: text/plain\n\none\ntwo\n"; $s =~ s/\n/\r\n/g; $s . "three\r\r\nfour\r\r\n" }, 0, 'any');
	okraw('mixed-eol', do { my $s = $H . $mp->('mixed', 'xyz', $plain, $pdf); $s =~ s/\n/\r\n/g; $s =~ s/K\xc3\xb6ln\r\n/K\xc3\xb6ln\n/; $s }, 0, 'any');
	ok('from-quoted', "$H$plain\n>From here on\nFrom the start\n");
	ok('mozilla-b64-crlf', "${H}Content-Type: image/gif\nContent-Transfer-Encoding: BASE64\n\n" . n64(301));
	ok('ct-comment', "${H}Content-Type: text/plain; charset=us-ascii (Plain text)\nContent-Transfer-Encoding: 7bit\n\nhi\n", 0, 'any');
	ok('ct-text', "${H}Content-Type: text\n\nhi\n", 0, 'any');
	ok('cte-8bits', "${H}Content-Type: text/plain\nContent-Transfer-Encoding: 8-bit\n\nhi\n", 0, 'any');
	ok('ct-charset-bad', "${H}Content-Type: text/plain; charset=\n\nhi\n", 0, 'any');
	ok('unclosed', $H . ($mp->('alternative', 'xyz', $txtqp, $html) =~ s/--xyz--\n//r), 0, 'soft');
	ok('no-mime-version', $H0 . $mp->('mixed', 'xyz', $plain, $pdf));
	ok('mbox-from', "From ann\@example.org Mon Jun  1 10:00:00 2026\n$H$plain", 0, 'any');
	ok('html-qp-bad', "${H}Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<img src=\"x\">a=b and =zz and 50% = half\n", 1, 'any');
	ok('uu', "${H}Content-Type: text/plain\n\nsee\n\nbegin 644 a.txt\n" . (pack 'u', lorem(3)) . "`\nend\n", 1, 'soft');
	ok('data-uri', "${H}Content-Type: text/html\n\n<html><img src=\"data:image/png;base64," . MIME::Base64::encode_base64(noise(3000), '') . "\"></html>\n", 1, 'any');
	ok('css-dashes', "${H}Content-Type: text/html\n\n<style>\n:root {\n --main-color: red;\n --other: x;\n}\n<!--\n--mso: a\n-->\n</style>\n<p>x</p>\n");
	ok('css-dashes-qp', "${H}Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<style>\n<!--\n/* Font */\n--mso: a=3Db\n--><!-- x\n-->\n</style>\n<p class=3D\"x\">y =\nz</p>\n");
	ok('text-dashes-qp', $H . $mp->('alternative', 'xyz', $txtqp . "\n\n------------\nOffer: today=3Dnow\nPrice: 5\n------------\n\n--\nx=20\n", $html), 0, 'any');
	ok('b64-text-dashes', $H . $mp->('alternative', 'xyz', "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" . MIME::Base64::encode_base64("Hello\n--\nAnn\n-----\nFrom: x\n\n--a\n"), $html));
	ok('code', "${H}Content-Type: text/plain\n\nint main() {\n\tfor (;;)\n\t\t--i;\n}\n--i;\n\nContent-Type: text/html\n\n", 1, 'any');
	ok('mime-talk', "${H}Content-Type: text/plain\n\nThe header says\n\nContent-Type: multipart/mixed; boundary=\"abc\"\n\nand then\n\n--abc\n\nComes a part.\n\n--abc--\n", 2, 'any');
	ok('big-pdf', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" . n64(60000)));
	ok('xml-7bit', $H . $mp->('mixed', 'xyz', $plain, "Content-Type: application/xml; name=a.xml\nContent-Transfer-Encoding: 7bit\n\n<?xml version=\"1.0\"?>\n<a b=\"c\">\n<!-- x -->\n--\n</a>\n"), 1);
	ok('fax', "${H}Content-Type: image/tiff; name=\"fax.tif\"\nContent-Description: fax.tif\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"fax.tif\"\n\n" . n64(2000));
	ok('voice', $H . $mp->('voice-message', 'vm', $plain, "Content-Type: audio/wav\nContent-Transfer-Encoding: base64\n\n" . n64(800)));
	ok('form', $H . $mp->('form-data', 'fd', "Content-Disposition: form-data; name=\"a\"\n\nvalue\n", "Content-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" . n64(90)));
	ok('appledouble', $H . $mp->('mixed', 'xyz', $plain, $mp->('appledouble', 'ad', "Content-Type: application/applefile\nContent-Transfer-Encoding: base64\n\n" . n64(150), $pdf)));
}
1;

# A model container that shares nothing with this project: another language, its own system, SageMaker's contract alone.
#
# Its model is /opt/ml/model/factor.txt; /invocations answers every number of a line times it.
use strict;
use warnings;
use IO::Socket::INET;

die "started with '@ARGV', not with serve\n" unless "@ARGV" eq "serve";
open(my $model, '<', '/opt/ml/model/factor.txt') or die "no model: $!\n";
chomp(my $factor = <$model>);
my $server = IO::Socket::INET->new(LocalPort => $ENV{SAGEMAKER_BIND_TO_PORT} || 8080, Listen => 64, ReuseAddr => 1)
    or die "cannot listen: $!\n";
$SIG{TERM} = sub { exit 0 };

while (my $client = $server->accept) {
    if (defined(my $request = <$client>)) {
        my $length = 0;
        while (defined(my $header = <$client>) ) {
            last if $header =~ /^\r?\n$/;
            $length = $1 if $header =~ /^content-length:\s*(\d+)/i;
        }
        read($client, my $body, $length) if $length;
        my ($path) = $request =~ m{^\w+ (\S+)};
        my ($status, $answer) = (404, '');
        ($status, $answer) = (200, '') if $path eq '/ping';
        if ($path eq '/invocations') {
            my @numbers = map { $_ * $factor } split(/,/, $body);
            my $list = join(',', @numbers);
            my $sees = -e $ENV{OF_THE_MACHINE} ? 'true' : 'false';
            ($status, $answer) = (200, qq({"predictions":[$list],"user":$>,"greeting":"$ENV{GREETING}","sees_machine":$sees}));
        }
        print $client "HTTP/1.1 $status X\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " . length($answer) . "\r\n\r\n$answer";
        $client->flush;
    }
    close $client;
}

using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using LinkShort.Notification.Composing;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Sending;

/// <summary>Hands mails to the server of <see cref="SmtpOptions"/>.</summary>
public sealed class SmtpTransport(IOptions<SmtpOptions> options) : IMailTransport
{
    /// <summary>For the whole conversation. RFC 5321 allows servers minutes per command; none that works needs them.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly SmtpOptions _options = options.Value;

    public async Task SendAsync(MailMessage mail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(mail);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            await using var smtp = await SmtpConnection.OpenAsync(_options.Host!, _options.Port, timeout.Token);
            if (_options.Security == "tls")
            {
                await smtp.SecureAsync(TlsOptions(), timeout.Token);
            }

            await smtp.GreetAsync(timeout.Token);
            if (_options.Security == "starttls")
            {
                await smtp.StartTlsAsync(TlsOptions(), timeout.Token);
            }

            if (!string.IsNullOrEmpty(_options.User))
            {
                await smtp.AuthenticateAsync(_options.User, _options.Password!, timeout.Token);
            }

            await smtp.SendAsync(mail.From.Address, mail.To.Address, MimeWriter.Write(mail), timeout.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{_options.Host}:{_options.Port} did not answer within {Timeout.TotalSeconds} s.", exception);
        }
    }

    private SslClientAuthenticationOptions TlsOptions()
    {
        var tls = new SslClientAuthenticationOptions { TargetHost = _options.Host };
        if (_options.CertificateAuthority is { Length: > 0 } file)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(file);
        }

        return tls;
    }
}

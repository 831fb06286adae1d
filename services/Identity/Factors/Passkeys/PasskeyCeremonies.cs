using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Factors.Passkeys;

/// <summary>
/// WebAuthn's two ceremonies (level 3, 7.1 and 7.2) with ASP.NET Core Identity's handler. What a browser was asked to sign rests in the
/// database until it is answered, once, within five minutes: the answer names it, so requests carry nothing else.
/// </summary>
public sealed partial class PasskeyCeremonies(
    UserManager<User> users, PasskeyUserStore store, Database database, IOptions<IdentityServiceOptions> identity, TimeProvider time, ILogger<PasskeyCeremonies> logger)
{
    public const string NoCredential = "Must be the credential from navigator.credentials, as PublicKeyCredential.toJSON() writes it.";

    /// <summary>User verification (a fingerprint, a PIN) for signing in without a password: the device and its owner are two factors.</summary>
    public const string Passwordless = "required";

    /// <summary>Beside the password, having the device is enough: security keys without a PIN work too.</summary>
    public const string SecondFactor = "preferred";

    private const string Create = "create";
    private const string Sign = "signIn";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <returns>PublicKeyCredentialCreationOptionsJSON.</returns>
    public async Task<JsonElement> BeginCreationAsync(User user, HttpContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        var made = await Handler(SecondFactor).MakeCreationOptionsAsync(
            new PasskeyUserEntity { Id = user.Id.ToString(), Name = user.Email!, DisplayName = user.Name ?? user.Email! }, context);
        var options = Parse(made.CreationOptionsJson);
        await KeepAsync(options, Create, user.Id, null, made.AttestationState!, cancellationToken);
        return options;
    }

    /// <returns>Null for an answer to nothing that this person was asked, and for one that doesn't hold.</returns>
    public async Task<UserPasskeyInfo?> FinishCreationAsync(User user, JsonElement credential, HttpContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (await TakeAsync(credential, Create, cancellationToken) is not { } asked || asked.UserId != user.Id)
        {
            return null;
        }

        var result = await Handler(SecondFactor).PerformAttestationAsync(
            new PasskeyAttestationContext { HttpContext = context, CredentialJson = credential.GetRawText(), AttestationState = asked.State });
        ThrowIfOutage(result.Failure);
        if (!result.Succeeded)
        {
            Log.Refused(logger, result.Failure.Message);
            return null;
        }

        return result.Passkey;
    }

    /// <summary>Any passkey of this site may answer. Which ones an account has is told to nobody, so the address is only compared afterwards.</summary>
    /// <returns>PublicKeyCredentialRequestOptionsJSON.</returns>
    public async Task<JsonElement> BeginSignInAsync(EmailAddress? email, HttpContext context, CancellationToken cancellationToken)
    {
        var made = await Handler(Passwordless).MakeRequestOptionsAsync(null, context);
        var options = Parse(made.RequestOptionsJson);
        await KeepAsync(options, Sign, null, email?.Normalized, made.AssertionState!, cancellationToken);
        return options;
    }

    /// <returns>Null for an answer to nothing that was asked, and for one that doesn't hold.</returns>
    public async Task<PasskeyAssertion?> FinishSignInAsync(JsonElement credential, HttpContext context, CancellationToken cancellationToken)
    {
        if (await TakeAsync(credential, Sign, cancellationToken) is not { } asked)
        {
            return null;
        }

        var assertion = await AssertAsync(credential, asked.State, Passwordless, context);
        return asked.Email is null || assertion?.NormalizedEmail == asked.Email ? assertion : null;
    }

    /// <summary>For the second step of a sign-in, on the connection of its first step. The state has to be kept with it.</summary>
    /// <returns>Null for a user without passkeys.</returns>
    public async Task<(JsonElement Options, string State)?> MakeSecondFactorAsync(UnitOfWork work, Guid userId, HttpContext context)
    {
        store.Join(work);
        // Of the user, the handler only needs the id.
        var made = await Handler(SecondFactor).MakeRequestOptionsAsync(new User { Id = userId }, context);
        var options = Parse(made.RequestOptionsJson);
        return options.TryGetProperty("allowCredentials", out var allowed) && allowed.GetArrayLength() > 0 ? (options, made.AssertionState!) : null;
    }

    /// <param name="verification"><see cref="Passwordless"/> or <see cref="SecondFactor"/>.</param>
    /// <returns>Null for one that doesn't hold.</returns>
    public async Task<PasskeyAssertion?> AssertAsync(JsonElement credential, string state, string verification, HttpContext context)
    {
        var result = await Handler(verification).PerformAssertionAsync(
            new PasskeyAssertionContext { HttpContext = context, CredentialJson = credential.GetRawText(), AssertionState = state });
        ThrowIfOutage(result.Failure);
        if (!result.Succeeded)
        {
            Log.Refused(logger, result.Failure.Message);
            return null;
        }

        return new PasskeyAssertion(result.User.Id, result.User.NormalizedEmail!, result.Passkey.CredentialId, result.Passkey.SignCount, result.Passkey.IsBackedUp);
    }

    /// <summary>Moves the signature counter on. A copy of the key that was used meanwhile has left it higher: refused (level 3, 6.1.1).</summary>
    public async Task<bool> CountUseAsync(UnitOfWork work, PasskeyAssertion assertion, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(assertion);
        return await work.ExecuteAsync(
            """
            update passkeys set sign_count = @SignCount, backed_up = @BackedUp, last_used_at = @Now
            where credential_id = @CredentialId and user_id = @UserId and (sign_count < @SignCount or (sign_count = 0 and @SignCount = 0))
            """,
            new { SignCount = (long)assertion.SignCount, assertion.BackedUp, Now = time.GetUtcNow(), assertion.CredentialId, assertion.UserId },
            cancellationToken) == 1;
    }

    private PasskeyHandler<User> Handler(string verification)
    {
        var site = new Uri(identity.Value.PublicUrl);
        var origin = site.GetLeftPart(UriPartial.Scheme) + site.IdnHost + (site.IsDefaultPort ? "" : $":{site.Port}");
        return new PasskeyHandler<User>(users, Options.Create(new IdentityPasskeyOptions
        {
            ServerDomain = site.IdnHost,
            AuthenticatorTimeout = Lifetime,
            UserVerificationRequirement = verification,
            // So that it can be found without a name being typed.
            ResidentKeyRequirement = "required",
            AttestationConveyancePreference = "none",
            ValidateOrigin = asked => ValueTask.FromResult(!asked.CrossOrigin && asked.Origin == origin),
        }));
    }

    private async Task KeepAsync(JsonElement options, string purpose, Guid? userId, string? email, string state, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            delete from passkey_challenges where expires_at < @now;
            insert into passkey_challenges (challenge_hash, purpose, user_id, email, state, expires_at)
            values (@Hash, @purpose, @userId, @email, @state, @ExpiresAt);
            """,
            new
            {
                Hash = SHA256.HashData(Base64Url.DecodeFromChars(options.GetProperty("challenge").GetString())),
                purpose, userId, email, state, now, ExpiresAt = now + Lifetime,
            },
            cancellationToken);
    }

    /// <summary>Each can be answered once, rightly or wrongly.</summary>
    private async Task<Asked?> TakeAsync(JsonElement credential, string purpose, CancellationToken cancellationToken)
    {
        if (!TryFindChallenge(credential, out var challenge))
        {
            return null;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<Asked>(
            """
            delete from passkey_challenges where challenge_hash = @Hash and purpose = @purpose and expires_at > @Now
            returning user_id, email, state
            """,
            new { Hash = SHA256.HashData(challenge), purpose, Now = time.GetUtcNow() }, cancellationToken);
    }

    /// <summary><c>response.clientDataJSON.challenge</c>; the handler compares it again, and everything else.</summary>
    private static bool TryFindChallenge(JsonElement credential, [NotNullWhen(true)] out byte[]? challenge)
    {
        challenge = null;
        try
        {
            if (credential.TryGetProperty("response", out var response) && response.TryGetProperty("clientDataJSON", out var encoded))
            {
                using var clientData = JsonDocument.Parse(Base64Url.DecodeFromChars(encoded.GetString()));
                challenge = Base64Url.DecodeFromChars(clientData.RootElement.GetProperty("challenge").GetString());
            }
        }
        catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }

        return challenge is not null;
    }

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>The handler makes a refusal of everything that is thrown within it, also of a database that is away.</summary>
    private static void ThrowIfOutage(PasskeyException? failure)
    {
        if (failure?.InnerException is { } cause && Outages.IsOutage(cause))
        {
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    private sealed record Asked(Guid? UserId, string? Email, string State);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A passkey's answer was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}

/// <summary>A passkey signed what it was asked to.</summary>
/// <param name="SignCount">Of the authenticator; 0 from those that don't count.</param>
public sealed record PasskeyAssertion(Guid UserId, string NormalizedEmail, byte[] CredentialId, uint SignCount, bool BackedUp);

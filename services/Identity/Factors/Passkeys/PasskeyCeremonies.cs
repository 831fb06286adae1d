using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;
using LinkShort.Identity.Domain;
using LinkShort.Localization;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Factors.Passkeys;

/// <summary>
/// WebAuthn's two ceremonies (level 3, 7.1 and 7.2) with ASP.NET Core Identity's handler. A challenge is stored in the database until it is
/// answered, once, within five minutes. The response contains it, so requests need no other state.
/// </summary>
public sealed partial class PasskeyCeremonies(
    UserManager<User> users, PasskeyUserStore store, Database database, IOptions<IdentityServiceOptions> identity, TimeProvider time, ILogger<PasskeyCeremonies> logger)
{
    public static LocalizedText NoCredential => IdentityTexts.Of("factors.credential");

    /// <summary>Signing in without a password requires user verification (a fingerprint, a PIN), which makes two factors.</summary>
    public const string Passwordless = "required";

    /// <summary>As a second factor, possession of the device is enough: security keys without a PIN work too.</summary>
    public const string SecondFactor = "preferred";

    private const string Create = "create";
    private const string Sign = "signIn";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <returns>PublicKeyCredentialCreationOptionsJSON.</returns>
    public async Task<JsonElement> BeginCreationAsync(User user, HttpContext context, CancellationToken cancellationToken)
    {
        var made = await Handler(SecondFactor).MakeCreationOptionsAsync(
            new PasskeyUserEntity { Id = user.Id.ToString(), Name = user.Email!, DisplayName = user.Name ?? user.Email! }, context);
        var options = Parse(made.CreationOptionsJson);
        await StoreAsync(options, Create, user.Id, null, made.AttestationState!, cancellationToken);
        return options;
    }

    /// <returns>Null for an invalid response, or one without a pending challenge of this user.</returns>
    public async Task<UserPasskeyInfo?> FinishCreationAsync(User user, JsonElement credential, HttpContext context, CancellationToken cancellationToken)
    {
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

    /// <summary>Accepts any passkey of this site: the options don't reveal which ones an account has. The address is compared afterwards.</summary>
    /// <returns>PublicKeyCredentialRequestOptionsJSON.</returns>
    public async Task<JsonElement> BeginSignInAsync(EmailAddress? email, HttpContext context, CancellationToken cancellationToken)
    {
        var made = await Handler(Passwordless).MakeRequestOptionsAsync(null, context);
        var options = Parse(made.RequestOptionsJson);
        await StoreAsync(options, Sign, null, email?.Normalized, made.AssertionState!, cancellationToken);
        return options;
    }

    /// <returns>Null for an invalid response, or one without a pending challenge.</returns>
    public async Task<PasskeyAssertion?> FinishSignInAsync(JsonElement credential, HttpContext context, CancellationToken cancellationToken)
    {
        if (await TakeAsync(credential, Sign, cancellationToken) is not { } asked)
        {
            return null;
        }

        var assertion = await AssertAsync(credential, asked.State, Passwordless, context);
        return asked.Email is null || assertion?.NormalizedEmail == asked.Email ? assertion : null;
    }

    /// <summary>For the second step of a sign-in, on the connection of the first step. Store the state with the challenge.</summary>
    /// <returns>Null for a user without passkeys.</returns>
    public async Task<(JsonElement Options, string State)?> MakeSecondFactorAsync(UnitOfWork work, Guid userId, HttpContext context)
    {
        store.Join(work);
        // The handler only needs the user's id.
        var made = await Handler(SecondFactor).MakeRequestOptionsAsync(new User { Id = userId }, context);
        var options = Parse(made.RequestOptionsJson);
        return options.TryGetProperty("allowCredentials", out var allowed) && allowed.GetArrayLength() > 0 ? (options, made.AssertionState!) : null;
    }

    /// <param name="verification"><see cref="Passwordless"/> or <see cref="SecondFactor"/>.</param>
    /// <returns>Null for an invalid response.</returns>
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

    /// <summary>Advances the signature counter. A lower one means that a copy of the key was used, and is refused (level 3, 6.1.1).</summary>
    public async Task<bool> CountUseAsync(UnitOfWork work, PasskeyAssertion assertion, CancellationToken cancellationToken)
    {
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
            // Discoverable, so that users needn't type their address.
            ResidentKeyRequirement = "required",
            AttestationConveyancePreference = "none",
            ValidateOrigin = asked => ValueTask.FromResult(!asked.CrossOrigin && asked.Origin == origin),
        }));
    }

    private async Task StoreAsync(JsonElement options, string purpose, Guid? userId, string? email, string state, CancellationToken cancellationToken)
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

    /// <summary>A challenge can be answered once, even if the response is wrong.</summary>
    private async Task<PendingChallenge?> TakeAsync(JsonElement credential, string purpose, CancellationToken cancellationToken)
    {
        if (!TryFindChallenge(credential, out var challenge))
        {
            return null;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<PendingChallenge>(
            """
            delete from passkey_challenges where challenge_hash = @Hash and purpose = @purpose and expires_at > @Now
            returning user_id, email, state
            """,
            new { Hash = SHA256.HashData(challenge), purpose, Now = time.GetUtcNow() }, cancellationToken);
    }

    /// <summary>Reads <c>response.clientDataJSON.challenge</c>. The handler validates it, and everything else.</summary>
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

    /// <summary>The handler turns every exception into a failure, including a database outage.</summary>
    private static void ThrowIfOutage(PasskeyException? failure)
    {
        if (failure?.InnerException is { } cause && Outages.IsOutage(cause))
        {
            ExceptionDispatchInfo.Throw(cause);
        }
    }

    private sealed record PendingChallenge(Guid? UserId, string? Email, string State);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "A passkey's response was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}

/// <summary>A valid response of a passkey.</summary>
/// <param name="SignCount">The authenticator's counter; 0 if it has none.</param>
public sealed record PasskeyAssertion(Guid UserId, string NormalizedEmail, byte[] CredentialId, uint SignCount, bool BackedUp);

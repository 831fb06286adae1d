using System.Text.Json;
using System.Text.Json.Serialization;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Factors.Passkeys;

public static class AddPasskey
{
    public const int MaxNameLength = 100;

    private const int MaxPasskeys = 20;

    public sealed record Request
    {
        /// <summary>The result of <c>navigator.credentials.create</c>: PublicKeyCredential.toJSON().</summary>
        public required JsonElement Credential { get; init; }

        /// <summary>The user's name for it, such as "Ada's phone"; at most 100 characters.</summary>
        public required string Name { get; init; }
    }

    /// <param name="RecoveryCodes">Ten, shown only in this response, when this is the account's first second factor.</param>
    public sealed record Response(
        Guid Id,
        string Name,
        bool BackedUp,
        DateTimeOffset CreatedAt,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? RecoveryCodes);

    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, UserManager<User> users, PasskeyCeremonies passkeys, FactorChanges changes, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Credential.ValueKind != JsonValueKind.Object)
        {
            errors.Add("credential", PasskeyCeremonies.NoCredential);
        }

        if (!UnicodeText.TryParseLine(body.Name, MaxNameLength, out var name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await users.FindByIdAsync(user.Id.ToString()) is not { } account)
        {
            return Problems.Unauthorized.Result();
        }

        if (await passkeys.FinishCreationAsync(account, body.Credential, context, cancellationToken) is not { } passkey)
        {
            return ValidationErrors.Of("credential", IdentityTexts.Of("factors.staleOptions"));
        }

        var id = Guid.CreateVersion7(time.GetUtcNow());
        passkey.Name = name;
        await using var work = await changes.BeginAsync(user.Id, cancellationToken);
        var before = await SecondFactors.OfAsync(work.Connection, user.Id, cancellationToken);
        if (before.Passkeys >= MaxPasskeys)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("factors.maxPasskeys", ("max", MaxPasskeys)));
        }

        if (!await PasskeyUserStore.AddAsync(work, user.Id, id, passkey, cancellationToken))
        {
            return ValidationErrors.Of("credential", IdentityTexts.Of("factors.passkeyTaken"));
        }

        var codes = before.Enabled ? null : await changes.ReplaceRecoveryCodesAsync(work, user.Id, cancellationToken);
        var factor = new AddedFactor(AuthenticationMethods.Passkey, "passkey.added", "passkey", id, SecurityNoticeKinds.PasskeyAdded, name);
        await changes.CommitAsync(work, user.Id, factor, context, cancellationToken);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Created($"/api/v1/me/passkeys/{id}", new Response(id, name!, passkey.IsBackedUp, passkey.CreatedAt, codes));
    }
}

using System.Diagnostics;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>What <see cref="SignInCompletion"/> returns: <see cref="SignedIn"/>, <see cref="SecondFactorRequired"/> or <see cref="SignInRefused"/>.</summary>
public abstract record SignInOutcome
{
    public Results<Ok<TokenResponse>, ProblemHttpResult> ToResult() => this switch
    {
        SignedIn signedIn => TypedResults.Ok(signedIn.Tokens),
        SecondFactorRequired required => required.ToProblem(null),
        SignInRefused refused => refused.Problem,
        _ => throw new UnreachableException(),
    };
}

public sealed record SignedIn(TokenResponse Tokens) : SignInOutcome;

/// <summary>The first proof is valid, and the account has a second factor.</summary>
/// <param name="Challenge">Sent back to /auth/login/2fa with the factor.</param>
/// <param name="Methods">The factors that /auth/login/2fa accepts for this account.</param>
/// <param name="PasskeyOptions">PublicKeyCredentialRequestOptionsJSON; null for an account without passkeys.</param>
public sealed record SecondFactorRequired(string Challenge, IReadOnlyList<string> Methods, JsonElement? PasskeyOptions) : SignInOutcome
{
    /// <summary>401 two-factor-required.</summary>
    public ProblemHttpResult ToProblem(LocalizedText? detail, params (string Name, object? Value)[] extensions) => Problems.TwoFactorRequired.Result(
        detail,
        [
            ("challenge", Challenge), ("methods", Methods), ("expiresIn", (int)LoginChallenges.Lifetime.TotalSeconds), ("passkeyOptions", PasskeyOptions),
            .. extensions,
        ]);

    /// <summary>The challenge is half a sign-in and must not be logged.</summary>
    public override string ToString() => nameof(SecondFactorRequired);
}

public sealed record SignInRefused(ProblemHttpResult Problem) : SignInOutcome;

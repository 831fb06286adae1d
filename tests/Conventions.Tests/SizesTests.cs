namespace LinkShort.Conventions.Tests;

public sealed class SizesTests
{
    private const string ToBeTakenApart = "to be taken apart";

    /// <summary>Each with its reason.</summary>
    private static readonly Dictionary<string, string> LongMethods = new()
    {
        ["gateway DocumentMerge.Merge"] = ToBeTakenApart,
        ["services/Identity AccountsExtensions.AddAccounts"] = ToBeTakenApart,
        ["services/Identity AccountsExtensions.MapAccounts"] = ToBeTakenApart,
        ["services/Identity AuditChains.AppendAsync"] = ToBeTakenApart,
        ["services/Identity ChangeApiKey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ChangeProfile.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ConfigureSso.PutAsync"] = ToBeTakenApart,
        ["services/Identity ConfirmIdentity.HandleAsync"] = ToBeTakenApart,
        ["services/Identity CreateApiKey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity LogInWithSecondFactor.HandleAsync"] = ToBeTakenApart,
        ["services/Identity RegisterUser.HandleAsync"] = ToBeTakenApart,
        ["services/Identity RequestEmailChange.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ResetPassword.HandleAsync"] = ToBeTakenApart,
        ["services/Identity RotateApiKey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity SessionStore.RefreshAsync"] = ToBeTakenApart,
        ["services/Identity SsoAccounts.FindOrCreateAsync"] = ToBeTakenApart,
        ["services/Identity SsoDomains.VerifyAsync"] = ToBeTakenApart,
        ["services/Redirect RedirectServices.AddRedirect"] = ToBeTakenApart,
        ["services/Redirect RouteStore.UpsertAsync"] = ToBeTakenApart,
    };

    /// <inheritdoc cref="LongMethods"/>
    private static readonly Dictionary<string, string> LongParameterLists = new()
    {
        ["services/Analytics ReadAnalyticsEndpoints.OfLinkAsync"] = ToBeTakenApart,
        ["services/Identity AccountErasure.AccountErasure"] = ToBeTakenApart,
        ["services/Identity AddPasskey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity AdminAuditLog.ReadAsync"] = ToBeTakenApart,
        ["services/Identity AnswerInvitation.AcceptAsync"] = ToBeTakenApart,
        ["services/Identity ChangeApiKey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ChangeInvitation.ResendAsync"] = ToBeTakenApart,
        ["services/Identity ChangePassword.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ChangeWorkspace.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ConfigureSso.PutAsync"] = ToBeTakenApart,
        ["services/Identity ConfirmIdentity.HandleAsync"] = ToBeTakenApart,
        ["services/Identity CreateApiKey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity CreateInvitation.HandleAsync"] = ToBeTakenApart,
        ["services/Identity DeleteAccount.HandleAsync"] = ToBeTakenApart,
        ["services/Identity DeleteWorkspace.RestoreAsync"] = ToBeTakenApart,
        ["services/Identity DeleteWorkspace.ScheduleAsync"] = ToBeTakenApart,
        ["services/Identity EnableTwoFactor.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ExportAuditLog.HandleAsync"] = ToBeTakenApart,
        ["services/Identity FinishSso.FinishSso"] = ToBeTakenApart,
        ["services/Identity LogIn.HandleAsync"] = ToBeTakenApart,
        ["services/Identity LogInWithSecondFactor.HandleAsync"] = ToBeTakenApart,
        ["services/Identity LoginAttempts.LoginAttempts"] = ToBeTakenApart,
        ["services/Identity ReadAuditLog.HandleAsync"] = ToBeTakenApart,
        ["services/Identity RegisterUser.HandleAsync"] = ToBeTakenApart,
        ["services/Identity RequestEmailChange.HandleAsync"] = ToBeTakenApart,
        ["services/Identity ResetPassword.HandleAsync"] = ToBeTakenApart,
        ["services/Identity RevokeApiKey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity RotateApiKey.HandleAsync"] = ToBeTakenApart,
        ["services/Identity SessionStore.SessionStore"] = ToBeTakenApart,
        ["services/Identity SsoDomains.VerifyAsync"] = ToBeTakenApart,
        ["services/Links CreateLink.HandleAsync"] = ToBeTakenApart,
        ["services/Links ListLinks.HandleAsync"] = ToBeTakenApart,
        ["services/Links Suspensions.ChangeAsync"] = ToBeTakenApart,
        ["services/Notification MailQueue.EnqueueAsync"] = ToBeTakenApart,
        ["services/Redirect ClickRecord.Write"] = ToBeTakenApart,
        ["services/Redirect LinkAnswers.LinkAnswers"] = ToBeTakenApart,
        ["services/Redirect RedirectMiddleware.RedirectMiddleware"] = ToBeTakenApart,
        ["services/Web SsoEndpoints.FinishAsync"] = ToBeTakenApart,
    };

    [Fact]
    public void No_method_is_longer_than_a_screen() => Sizes.LongMethods(Repository.Code)
        .Where(found => !LongMethods.ContainsKey(found.Name)).Select(found => found.Violation)
        .ShouldBeNone($"A method has at most {Sizes.MaxLines} lines. Extract the steps that have a name of their own.");

    [Fact]
    public void No_method_or_constructor_has_too_many_parameters() => Sizes.LongParameterLists(Repository.Code)
        .Where(found => !LongParameterLists.ContainsKey(found.Name)).Select(found => found.Violation)
        .ShouldBeNone($"At most {Sizes.MaxParameters} parameters. Group what belongs together in a type, such as [AsParameters] for a query.");

    [Fact]
    public void Exceptions_that_are_no_longer_needed_are_removed()
    {
        LongMethods.Keys.Except(Sizes.LongMethods(Repository.Code).Select(found => found.Name)).ShouldBeNone("Remove them from LongMethods.");
        LongParameterLists.Keys.Except(Sizes.LongParameterLists(Repository.Code).Select(found => found.Name))
            .ShouldBeNone("Remove them from LongParameterLists.");
    }

    [Theory]
    [InlineData("void Run()\n{\n…\n}")]
    [InlineData("[Obsolete]\n[Flags]\npublic Planted()\n{\n…\n}")]
    [InlineData("int Value\n{\nget\n{\n…\n}\n}")]
    [InlineData("void Outer() =>\nnew List<int>().ForEach(_ =>\n{\n…\n});")]
    public void A_planted_long_method_is_found(string method)
    {
        Sizes.LongMethods([Planted(method, Sizes.MaxLines)]).ShouldHaveSingleItem().Violation.ShouldStartWith("services/Links/Planted.cs:");
        Sizes.LongMethods([Planted(method, Sizes.MaxLines - 5)]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("class Planted { void Run(…) { } }")]
    [InlineData("class Planted { Planted(…) { } }")]
    [InlineData("class Planted(…);")]
    [InlineData("struct Planted(…);")]
    [InlineData("interface Planted { void Run(…); }")]
    [InlineData("class Planted { void Run() { void Local(…) { } } }")]
    public void A_planted_long_parameter_list_is_found(string code)
    {
        Sizes.LongParameterLists([WithParameters(code, Sizes.MaxParameters + 1)])
            .ShouldHaveSingleItem().Name.ShouldStartWith("services/Links Planted.");
        Sizes.LongParameterLists([WithParameters(code, Sizes.MaxParameters)]).ShouldBeEmpty();
    }

    [Fact]
    public void The_data_of_a_record_may_have_any_number_of_members() =>
        Sizes.LongParameterLists([WithParameters("record Planted(…);", 20), WithParameters("record struct Planted(…);", 20)]).ShouldBeEmpty();

    [Fact]
    public void Migrations_are_left_alone() =>
        Sizes.LongMethods([Planted("void Up()\n{\n…\n}", 200) with { Path = "services/Links/Migrations/1_Initial.cs" }]).ShouldBeEmpty();

    private static Source Planted(string method, int lines)
    {
        var body = string.Join('\n', Enumerable.Repeat("x();", lines));
        return new Source("services/Links/Planted.cs", $"class Planted {{ {method.Replace("…", body, StringComparison.Ordinal)} }}");
    }

    private static Source WithParameters(string code, int count)
    {
        var parameters = string.Join(", ", Enumerable.Range(1, count).Select(number => $"int p{number}"));
        return new Source("services/Links/Planted.cs", code.Replace("…", parameters, StringComparison.Ordinal));
    }
}

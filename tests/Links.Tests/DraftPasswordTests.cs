using LinkShort.Links.Behavior;
using LinkShort.Links.Evaluation;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Tests;

public sealed class DraftPasswordTests
{
    /// <summary>Without a hasher: a request that evaluates a draft must not cost a password hash.</summary>
    private readonly BehaviorInput _behavior = new(null!, new LinkPasswords(null!));

    [Fact]
    public void A_password_is_marked_and_not_hashed()
    {
        var errors = new ValidationErrors();
        _behavior.Draft(new EvaluateDraft.Draft { Password = "secret" }, errors).PasswordHash.ShouldBe(LinkPasswords.Unhashed);
        _behavior.Draft(new EvaluateDraft.Draft(), errors).PasswordHash.ShouldBeNull();
        errors.Any.ShouldBeFalse();
    }

    [Fact]
    public void An_invalid_one_is_refused_as_when_the_link_is_saved()
    {
        var errors = new ValidationErrors();
        _behavior.Draft(new EvaluateDraft.Draft { Password = "" }, errors);
        errors.Any.ShouldBeTrue();
    }
}

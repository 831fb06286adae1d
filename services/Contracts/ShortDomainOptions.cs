namespace LinkShort.Contracts;

/// <summary>Settings <c>ShortDomain__*</c>: the installation's own short host, which must be the same for links and redirect.</summary>
public sealed class ShortDomainOptions
{
    public const string Section = "ShortDomain";

    /// <summary>
    /// <c>/Launch</c> and <c>/launch</c> are one code, compared as <see cref="CodeFolding"/> folds them. Set it for links and redirect
    /// alike. links does not start with it while two of its codes differ by case alone, and names them.
    /// </summary>
    public bool CaseInsensitiveCodes { get; set; }
}

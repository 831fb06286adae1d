namespace LinkShort.Contracts;

/// <summary>The types of subject of an <see cref="AccessRevoked"/>.</summary>
public static class RevocationKinds
{
    /// <summary>One sign-in.</summary>
    public const string Session = "session";

    /// <summary>Everything of a person: suspended, erased, password changed.</summary>
    public const string User = "user";

    /// <summary>A person in one workspace: removed, or with another role from now on.</summary>
    public const string Member = "member";

    /// <summary>Everybody in a workspace.</summary>
    public const string Workspace = "workspace";

    public const string ApiKey = "apiKey";
}

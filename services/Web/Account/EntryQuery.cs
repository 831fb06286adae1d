namespace LinkShort.Web.Account;

/// <summary>What the sign-up and sign-in pages hand each other when a visitor changes from one to the other.</summary>
public static class EntryQuery
{
    public static QueryString Of(AccountEndpoints.AccountForm form)
    {
        ArgumentNullException.ThrowIfNull(form);
        var query = QueryString.Empty;
        query = string.IsNullOrWhiteSpace(form.Url) ? query : query.Add("url", form.Url);
        return string.IsNullOrWhiteSpace(form.ReturnUrl) ? query : query.Add("returnUrl", form.ReturnUrl);
    }
}

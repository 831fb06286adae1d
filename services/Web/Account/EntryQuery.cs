namespace LinkShort.Web.Account;

/// <summary>The query parameters that the sign-up and sign-in pages pass to each other.</summary>
public static class EntryQuery
{
    public static QueryString Of(AccountEndpoints.AccountForm form)
    {
        var query = QueryString.Empty;
        query = string.IsNullOrWhiteSpace(form.Url) ? query : query.Add("url", form.Url);
        return string.IsNullOrWhiteSpace(form.ReturnUrl) ? query : query.Add("returnUrl", form.ReturnUrl);
    }
}

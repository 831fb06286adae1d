using System.Text;

namespace LinkShort.Values;

/// <summary>Passwords of accounts and of links, as typed.</summary>
public static class PasswordText
{
    /// <summary>
    /// In Unicode form C, because keyboards encode an é differently (NIST SP 800-63B, 5.1.1.2). Text without a normal form, such as lone
    /// surrogates, stays as it is.
    /// </summary>
    public static string Compose(string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        try
        {
            return password.Normalize(NormalizationForm.FormC);
        }
        catch (ArgumentException)
        {
            return password;
        }
    }
}

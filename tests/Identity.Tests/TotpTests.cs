using System.Text;
using LinkShort.Identity.Factors.TwoFactor;

namespace LinkShort.Identity.Tests;

public sealed class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238, appendix B, SHA-1; its codes have 8 digits, ours are their last 6.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Codes_are_those_of_RFC_6238(long seconds, string published) =>
        Totp.CodeAt(Secret, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds))).ShouldBe(published[2..]);

    /// <summary>RFC 4226, appendix D.</summary>
    [Theory]
    [InlineData(0, "755224")]
    [InlineData(1, "287082")]
    [InlineData(2, "359152")]
    [InlineData(3, "969429")]
    [InlineData(4, "338314")]
    [InlineData(5, "254676")]
    [InlineData(6, "287922")]
    [InlineData(7, "162583")]
    [InlineData(8, "399871")]
    [InlineData(9, "520489")]
    public void Codes_are_those_of_RFC_4226(long counter, string published) => Totp.CodeAt(Secret, counter).ShouldBe(published);

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32_is_that_of_RFC_4648(string text, string published) => Totp.Base32(Encoding.ASCII.GetBytes(text)).ShouldBe(published);

    [Theory]
    [InlineData(-3, false)]
    [InlineData(-2, true)]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void A_clock_may_be_two_steps_off(int steps, bool accepted)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1234567890);
        var step = Totp.StepAt(now) + steps;
        Totp.FindStep(Secret, Totp.CodeAt(Secret, step), now).ShouldBe(accepted ? step : null);
    }

    [Theory]
    [InlineData("000000")]
    [InlineData("89005924")]
    [InlineData("00592")]
    [InlineData("00592a")]
    [InlineData("٠٠٥٩٢٤")]
    [InlineData("")]
    public void Other_text_is_not_a_code(string text) => Totp.FindStep(Secret, text, DateTimeOffset.FromUnixTimeSeconds(1234567890)).ShouldBeNull();
}

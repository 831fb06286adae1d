using System.ComponentModel.DataAnnotations;

namespace LinkShort.Identity.Privacy;

/// <summary>Settings <c>Privacy__*</c>. Times are written <c>d.hh:mm:ss</c>.</summary>
public sealed class PrivacyOptions
{
    public const string Section = "Privacy";

    /// <summary>How long somebody who deletes their account can change their mind, by signing in or by <c>POST /me/restore</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00", ErrorMessage = "must be from 00:00:00 to 30.00:00:00: the law asks for erasure within a month.")]
    public TimeSpan ErasureGrace { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long an export can be fetched.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ErrorMessage = "must be from 00:01:00 to 30.00:00:00.")]
    public TimeSpan ExportRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>After which an export that lacks a service's part is given up; the person can ask again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = "must be from 00:00:01 to 7.00:00:00.")]
    public TimeSpan ExportPatience { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long receipts of erasures are kept: as long as somebody may ask for proof.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3660.00:00:00", ErrorMessage = "must be from 1.00:00:00 to 3660.00:00:00.")]
    public TimeSpan ReceiptRetention { get; set; } = TimeSpan.FromDays(1096);

    /// <summary>How often what is due is looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "must be from 00:00:00.1 to 01:00:00.")]
    public TimeSpan JobInterval { get; set; } = TimeSpan.FromSeconds(2);
}

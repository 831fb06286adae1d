using System.ComponentModel.DataAnnotations;

namespace LinkShort.Identity.Privacy;

/// <summary>Settings <c>Privacy__*</c>. Times are written <c>d.hh:mm:ss</c>.</summary>
public sealed class PrivacyOptions
{
    public const string Section = "Privacy";

    /// <summary>How long a deletion of an account can be cancelled, by signing in or by <c>POST /me/restore</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00", ErrorMessage = "must be from 00:00:00 to 30.00:00:00: the law asks for erasure within a month.")]
    public TimeSpan ErasureGrace { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long an export can be downloaded.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ErrorMessage = "must be from 00:01:00 to 30.00:00:00.")]
    public TimeSpan ExportRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The timeout of an export that lacks a service's part. The user can request it again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00", ErrorMessage = "must be from 00:00:01 to 7.00:00:00.")]
    public TimeSpan ExportTimeout { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long receipts of erasures are kept as proof.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3660.00:00:00", ErrorMessage = "must be from 1.00:00:00 to 3660.00:00:00.")]
    public TimeSpan ReceiptRetention { get; set; } = TimeSpan.FromDays(1096);

    /// <summary>How often the jobs for exports and erasures run.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "must be from 00:00:00.1 to 01:00:00.")]
    public TimeSpan JobInterval { get; set; } = TimeSpan.FromSeconds(2);
}

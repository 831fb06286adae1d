using System.Net;

namespace LinkShort.Visitors.Networks;

/// <summary>
/// Networks of machines, as published by their owners. Networks that cloud providers rent out are left out, as are those that people use too.
/// </summary>
internal static class PublishedNetworks
{
    public static readonly IReadOnlyList<(IPNetwork Network, ClickClass Class)> All =
    [
        // Googlebot: https://developers.google.com/static/search/apis/ipranges/googlebot.json. The adjacent 66.249.80.0/20 is also Google's,
        // but has proxies that people use.
        .. Of(ClickClass.Crawler, "66.249.64.0/20", "2001:4860:4801::/48"),
        // Bingbot: https://www.bing.com/toolbox/bingbot.json
        .. Of(
            ClickClass.Crawler,
            "157.55.39.0/24", "207.46.13.0/24", "40.77.167.0/24", "13.66.139.0/24", "13.66.144.0/24", "52.167.144.0/24", "13.67.10.16/28",
            "13.69.66.240/28", "13.71.172.224/28", "139.217.52.0/28", "191.233.204.224/28", "20.36.108.32/28", "20.43.120.16/28",
            "40.79.131.208/28", "40.79.186.176/28", "52.231.148.0/28", "20.79.107.240/28", "51.105.67.0/28", "20.125.163.80/28",
            "40.77.188.0/22", "65.55.210.0/24", "199.30.24.0/23", "40.77.202.0/24", "40.77.139.0/25", "20.74.197.0/28", "20.15.133.160/27",
            "40.77.177.0/24", "40.77.178.0/23"),
        // Applebot: https://search.developer.apple.com/applebot.json
        .. Of(
            ClickClass.Crawler,
            "17.241.208.160/27", "17.241.193.160/27", "17.241.200.160/27", "17.22.237.0/24", "17.22.245.0/24", "17.22.253.0/24",
            "17.241.75.0/24", "17.241.219.0/24", "17.241.227.0/24", "17.246.15.0/24", "17.246.19.0/24", "17.246.23.0/24"),
        // Facebook, Instagram, WhatsApp: what AS32934 announces (https://developers.facebook.com/docs/sharing/webmasters/web-crawlers)
        .. Of(
            ClickClass.Preview,
            "31.13.24.0/21", "31.13.64.0/18", "45.64.40.0/22", "66.220.144.0/20", "69.63.176.0/20", "69.171.224.0/19", "74.119.76.0/22",
            "102.132.96.0/20", "103.4.96.0/22", "129.134.0.0/16", "157.240.0.0/16", "163.70.128.0/17", "173.252.64.0/18", "179.60.192.0/22",
            "185.60.216.0/22", "185.89.216.0/22", "204.15.20.0/22", "2a03:2880::/32", "2620:0:1c00::/40"),
        // X: aggregate network blocks in its webhook guide (https://developer.x.com), and what AS13414 announces
        .. Of(ClickClass.Preview, "199.16.156.0/22", "199.59.148.0/22", "192.133.76.0/22", "199.96.56.0/21", "104.244.40.0/21"),
        // Telegram: https://core.telegram.org/resources/cidr.txt
        .. Of(
            ClickClass.Preview,
            "91.105.192.0/23", "91.108.4.0/22", "91.108.8.0/22", "91.108.12.0/22", "91.108.16.0/22", "91.108.20.0/22", "91.108.56.0/22",
            "149.154.160.0/20", "185.76.151.0/24", "2001:67c:4e8::/48", "2001:b28:f23c::/48", "2001:b28:f23d::/48", "2001:b28:f23f::/48",
            "2a0a:f280::/32"),
        // Barracuda: its own networks at ARIN (NET-64-235-144-0-1, NET-209-222-80-0-1)
        .. Of(ClickClass.Scanner, "64.235.144.0/20", "209.222.80.0/21"),
        // Proofpoint: its connection lists for customers (Proofpoint Essentials and hosted services)
        .. Of(
            ClickClass.Scanner,
            "67.231.144.0/20", "148.163.128.0/19", "205.220.160.0/19", "91.209.104.0/24", "91.207.212.0/23", "62.209.50.0/23", "185.132.180.0/22",
            "185.183.28.0/22"),
        // Mimecast: its data centres' addresses for customers, and what AS30031 announces
        .. Of(
            ClickClass.Scanner,
            "207.211.30.0/24", "207.211.31.0/25", "205.139.110.0/23", "216.205.24.0/24", "63.128.21.0/24", "170.10.128.0/22", "170.10.132.0/23",
            "91.220.42.0/24", "146.101.78.0/24", "195.130.217.0/24"),
    ];

    private static IEnumerable<(IPNetwork Network, ClickClass Class)> Of(ClickClass @class, params IEnumerable<string> networks) =>
        networks.Select(network => (IPNetwork.Parse(network), @class));
}

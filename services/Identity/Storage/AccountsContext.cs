using LinkShort.Identity.Domain;
using Microsoft.EntityFrameworkCore;

namespace LinkShort.Identity.Storage;

/// <summary>
/// The table that ASP.NET Core Identity reads and writes. Everything else is SQL beside its endpoint, because it depends on atomic statements.
/// The migrations are written by hand; a test compares the model with their tables.
/// </summary>
public sealed class AccountsContext(DbContextOptions<AccountsContext> options) : DbContext(options)
{
    public DbSet<User> Users => Set<User>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<User>(user =>
        {
            user.ToTable("users");
            user.HasKey(u => u.Id);
            user.HasIndex(u => u.NormalizedEmail).IsUnique();
            user.Property(u => u.Id).HasColumnName("id").ValueGeneratedNever();
            user.Property(u => u.Email).HasColumnName("email").IsRequired();
            user.Property(u => u.NormalizedEmail).HasColumnName("normalized_email").IsRequired();
            user.Property(u => u.EmailConfirmed).HasColumnName("email_confirmed");
            user.Property(u => u.PasswordHash).HasColumnName("password_hash");
            user.Property(u => u.SecurityStamp).HasColumnName("security_stamp").IsRequired();
            user.Property(u => u.ConcurrencyStamp).HasColumnName("concurrency_stamp").IsRequired().IsConcurrencyToken();
            user.Property(u => u.Name).HasColumnName("name");
            user.Property(u => u.Locale).HasColumnName("locale");
            user.Property(u => u.TimeZone).HasColumnName("time_zone");
            user.Property(u => u.Theme).HasColumnName("theme");
            user.Property(u => u.Onboarding).HasColumnName("onboarding");
            user.Property(u => u.CreatedAt).HasColumnName("created_at");
            user.Property(u => u.UpdatedAt).HasColumnName("updated_at");
            user.Property(u => u.Version).HasColumnName("version");
            // Users sign in with their address, so a user name would only be a copy of it. Lockouts and second factors have tables of their own.
            user.Ignore(u => u.UserName).Ignore(u => u.NormalizedUserName)
                .Ignore(u => u.PhoneNumber).Ignore(u => u.PhoneNumberConfirmed).Ignore(u => u.TwoFactorEnabled)
                .Ignore(u => u.LockoutEnabled).Ignore(u => u.LockoutEnd).Ignore(u => u.AccessFailedCount);
        });
    }
}

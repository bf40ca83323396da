//! Accounts, passwords, rights, and what threatens them.

use super::{ONE, SHARED, STUCK, Team, Topic, WISH};

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        category: "User Administration",
        subcategory: "Account",
        item: "Reset password",
        team: Team::ServiceDesk,
        template: "",
        share: 90,
        weight: STUCK,
        troubles: &[
            [
                "Password expired, cannot sign in to {asset}",
                "My password expired over the weekend and {asset} does not accept a new one.",
                "A temporary password was given by telephone. {first} has signed in to {asset} and set a new one.",
            ],
            [
                "Account locked after holidays",
                "I came back from leave, and after five wrong tries my account is locked.",
                "The account was unlocked. An old password stored on the phone had locked it and was removed.",
            ],
            [
                "Please reset my Windows password",
                "I changed my password yesterday and cannot remember it today.",
                "Password reset after a call-back on {ext}.",
            ],
            [
                "Password reset link does not arrive",
                "The self-service page says that it has sent me a link, but no message arrives.",
                "The reset link went to an old private address. The address was corrected together with {first} and the reset worked.",
            ],
            [
                "Locked out of {app}",
                "Since I changed my password {app} does not let me in, Windows does.",
                "The password was synchronised again from {host}; sign-in to {app} works.",
            ],
            [
                "Self-service asks for questions I never set up",
                "The self-service page says that my security questions were never set up, so I cannot reset my password.",
                "Self-service registration was completed together with the user, then the password was reset.",
            ],
        ],
        details: &[
            "The message is: the referenced account is currently locked out.",
            "I have a presentation for {dept} in an hour and need the files on my drive.",
            "On my phone the old password still seems to be stored.",
            "You can reach me on extension {ext}.",
            "The caps lock key is off, I checked twice.",
        ],
        findings: &[
            "Identity confirmed by call-back on extension {ext}.",
            "Account shows {count} failed sign-ins from a mobile device with an old password.",
            "Domain controller {host} had the lock-out, replicated to the others.",
            "Temporary password handed over by telephone, change at next sign-in is set.",
        ],
        tasks: &["Confirm the identity of {first}", "Clear stored credentials on {asset}"],
    },
    Topic {
        category: "User Administration",
        subcategory: "Two-factor authentication",
        item: "New device",
        team: Team::Identity,
        template: "",
        share: 35,
        weight: STUCK,
        troubles: &[
            [
                "New phone, authenticator app does not know my account",
                "I have a new telephone and the authenticator app on it is empty.",
                "The old authenticator was removed and the new telephone registered. Recovery codes were printed and handed over.",
            ],
            [
                "Second factor asks for a code that I do not get",
                "When I sign in from home I am asked for a code, but no message arrives on my phone.",
                "The pushes went to a device that was enrolled years ago. It was removed, codes arrive.",
            ],
            [
                "Lost security key",
                "My security key is gone, I last had it on the train to {city}.",
                "The lost key was revoked; a replacement was issued at the desk in {city} and registered.",
            ],
            [
                "Cannot register authenticator for {app}",
                "The QR code for the authenticator of {app} says that it has expired, every time.",
                "The phone's clock was wrong. With automatic time the registration for {app} works.",
            ],
            [
                "Code of the authenticator is refused",
                "The six digits from my authenticator are refused as wrong, although I type them at once.",
                "The phone's clock was set to automatic time, codes are accepted again.",
            ],
        ],
        details: &[
            "The old telephone is already wiped.",
            "Error {error} appears after scanning the code.",
            "{user} had the same problem last month and you could solve it.",
            "Until then I cannot open {app} outside the office.",
        ],
        findings: &[
            "Sign-in log shows the push going to a device that is no longer enrolled.",
            "Clock of the phone was {count} minutes off.",
            "Old method revoked, registration opened for 24 hours.",
        ],
        tasks: &["Revoke the old second factor", "Issue a security key to {first}"],
    },
    Topic {
        category: "User Administration",
        subcategory: "Permissions",
        item: "Shared folder",
        team: Team::Identity,
        template: "Access to an application",
        share: 45,
        weight: WISH,
        troubles: &[
            [
                "Access to the folder of {dept}",
                "I have moved to {dept} and need the rights to its folder that {user} has.",
                "{first} was added to the group of the folder; the rights are there after the next sign-in.",
            ],
            [
                "Read access to the share on {host} for {user}",
                "For the audit {user} needs to read the share on {host} until the end of the month.",
                "Read access was granted until the end of the month and will be taken back by itself.",
            ],
            [
                "Access to {app} for {user}",
                "Please give {user} access to {app}, with the same role that I have.",
                "The role in {app} was assigned to {user} as approved.",
            ],
            [
                "Permission denied on the project drive",
                "When I open the project drive I get: access is denied.",
                "The group of the project had not been replicated to {host}. Access is back.",
            ],
            [
                "Role change in {app}",
                "I can open {app} but the menu for reports is missing, which I need in my new role.",
                "The role in {app} was changed, the reports are in the menu.",
            ],
        ],
        details: &[
            "The head of the department agrees, the mail is attached to the last order.",
            "The path is \\\\{host}\\projects\\{number}.",
            "Read access is enough.",
            "It worked until the move to the new file server.",
        ],
        findings: &[
            "Owner of the share asked for approval.",
            "The group exists, {first} was a member of the old one only.",
            "Nested group on {host} was not replicated.",
            "Effective rights compared with those of {user}.",
        ],
        tasks: &[
            "Get the approval of the data owner",
            "Add {first} to the group",
            "Review the rights in four weeks",
        ],
    },
    Topic {
        category: "Security",
        subcategory: "Phishing",
        item: "Suspicious mail",
        team: Team::Security,
        template: "",
        share: 38,
        weight: SHARED,
        troubles: &[
            [
                "Suspicious e-mail with an invoice {number}",
                "A supplier sent an invoice {number} with a macro, we have no business with them.",
                "The invoice was malware. It was removed from all mailboxes and the sender's domain is blocked.",
            ],
            [
                "Phishing? Mail asks for my password",
                "I received a mail that asks me to confirm my mailbox by clicking on a link.",
                "The message was phishing. It was removed from all mailboxes, and the address {ip} behind the link is blocked.",
            ],
            [
                "I clicked a link in a strange mail",
                "I am afraid I entered my password on a page that only looked like ours.",
                "Password changed and sessions revoked as a precaution, {asset} scanned without a finding.",
            ],
            [
                "Fake parcel notification",
                "Several colleagues in {dept} got the same message about a parcel this morning.",
                "The parcel messages were withdrawn from all mailboxes and the employees concerned informed.",
            ],
            [
                "Mail that pretends to be from our managing director",
                "Somebody writes in the name of our managing director and wants gift cards.",
                "The sender only showed a false name. The address was blocked and {dept} was warned.",
            ],
            [
                "Strange booking confirmation",
                "I got a booking confirmation for a journey to {city} that I did not book.",
                "The mail was legitimate: {user} had booked for the whole team. Released.",
            ],
        ],
        details: &[
            "The sender's address ends in an odd domain, the original is attached as a file.",
            "I have not opened the attachment.",
            "{user} clicked it, too.",
            "My computer {asset} has been slow since.",
        ],
        findings: &[
            "Header analysed: sent from {ip}, SPF fails.",
            "The same message went to {count} mailboxes, withdrawn from all of them.",
            "Sandbox run of the attachment shows a downloader.",
            "No sign-in from unknown places in the last 48 hours.",
        ],
        tasks: &["Withdraw the message from all mailboxes", "Scan {asset}", "Inform {dept}"],
    },
    Topic {
        category: "Security",
        subcategory: "Malware",
        item: "",
        team: Team::Security,
        template: "",
        share: 9,
        weight: SHARED,
        troubles: &[
            [
                "Virus warning on {asset}",
                "A red window says that a threat was found on {asset}.",
                "The file was put in quarantine and {asset} released after a full scan without findings.",
            ],
            [
                "Endpoint protection switched off on {asset}",
                "The virus scanner on {asset} is switched off and I cannot start it.",
                "The protection service was damaged. {asset} was installed anew; documents came back from the backup of last night.",
            ],
            [
                "Browser opens advertisements by itself",
                "My browser opens pages with advertisements that I did not ask for.",
                "A browser extension was the cause. It was removed and its installation is blocked for everybody.",
            ],
            [
                "USB stick found in the car park",
                "We found a USB stick in front of the building and did not plug it in.",
                "The stick was examined on a separate machine and destroyed. It held holiday photographs.",
            ],
        ],
        details: &[
            "The file is called setup_{number}.exe and lies in the download folder.",
            "I disconnected the network cable.",
            "It started after I installed a PDF converter.",
        ],
        findings: &[
            "{asset} isolated from the network by the endpoint console.",
            "Hash is known as potentially unwanted software.",
            "No further machines with this file, searched {count} devices.",
        ],
        tasks: &["Isolate {asset}", "Collect the evidence", "Install {asset} anew"],
    },
    Topic {
        category: "User Administration",
        subcategory: "Account",
        item: "Change of name",
        team: Team::Identity,
        template: "",
        share: 8,
        weight: ONE,
        troubles: &[
            [
                "New surname after marriage",
                "I have married and my surname has changed.",
                "Name and address were changed, the old address stays as an alias for a year.",
            ],
            [
                "Name is misspelt in the directory",
                "My name is spelt wrongly in the address book.",
                "The spelling was corrected at its source; the directory follows tonight.",
            ],
            [
                "Change of department in the address book",
                "I have moved to {dept}, the directory still shows the old department.",
                "The directory shows the new department since the synchronisation of last night.",
            ],
            [
                "Job title wrong in signature",
                "The signature that is added to my mails shows an old job title.",
                "The signature template reads the corrected job title now.",
            ],
        ],
        details: &[
            "The personnel department has changed it already.",
            "Please keep the old address as an alias.",
            "My manager is now {user}.",
        ],
        findings: &[
            "Source record in the HR system checked.",
            "Alias set, primary address changed.",
            "Synchronisation runs at night.",
        ],
        tasks: &["Change the primary address of {first}"],
    },
];

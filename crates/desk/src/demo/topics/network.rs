//! Networks, servers, and the way there.

use super::{ONE, SHARED, STUCK, Team, Topic, WIDE};

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        category: "Network",
        subcategory: "VPN",
        item: "",
        team: Team::Network,
        template: "",
        share: 58,
        weight: STUCK,
        troubles: &[
            [
                "VPN drops every few minutes",
                "The VPN connection drops every ten minutes when I work from home.",
                "The home router fragmented packets. With a smaller packet size the VPN is stable.",
            ],
            [
                "Cannot connect to VPN from home",
                "After the password change the VPN does not accept me.",
                "The client had kept the old password. It was cleared and the VPN connects.",
            ],
            [
                "VPN error {error}",
                "The VPN client stops at 98 percent and then reports {error}.",
                "The certificate of {asset} had expired and was renewed.",
            ],
            [
                "VPN connected but no access to {host}",
                "VPN says connected, but I reach neither {host} nor {app}.",
                "The network of {host} was added to the tunnel's routes.",
            ],
            [
                "VPN slow from {city}",
                "From the hotel in {city} the VPN is so slow that {app} gives up.",
                "The VPN client was updated to {version} and uses a nearer gateway; connected for a whole day without a drop.",
            ],
        ],
        details: &[
            "My internet connection is otherwise fine, video calls work.",
            "Client version is {version}.",
            "My address at home is {ip}.",
            "{user} has the same provider and no problem.",
            "I restarted the router.",
        ],
        findings: &[
            "Gateway log shows dead peer detection after {count} seconds.",
            "Client {version} is outdated, the gateway requires a newer one.",
            "Route to {host} missing in the split tunnel list.",
            "Packet size lowered to 1300 for a test, connection is stable.",
        ],
        tasks: &["Update the VPN client on {asset}", "Compare gateway logs with the provider"],
    },
    Topic {
        category: "Network",
        subcategory: "Wi-Fi",
        item: "",
        team: Team::Network,
        template: "",
        share: 46,
        weight: ONE,
        troubles: &[
            [
                "No Wi-Fi in meeting room {room}",
                "In meeting room {room} there is no Wi-Fi since the conversion.",
                "The access point in {room} was given power again by resetting the port on {switch}.",
            ],
            [
                "Wi-Fi keeps disconnecting on {asset}",
                "{asset} loses the wireless network several times an hour.",
                "The wireless driver was updated to {version}.",
            ],
            [
                "Guest Wi-Fi voucher does not work",
                "Our guests' vouchers are refused as expired.",
                "A new batch of guest vouchers was created.",
            ],
            [
                "Weak wireless signal on floor {floor}",
                "On floor {floor} the signal is so weak that calls break off.",
                "One more access point was mounted on floor {floor}; the survey shows full coverage.",
            ],
            [
                "Wi-Fi asks for password again and again",
                "The Wi-Fi asks for my password again and again and never accepts it.",
                "The stored certificate was out of date. {asset} has the new one and stays connected.",
            ],
        ],
        details: &[
            "With a cable everything is fine.",
            "It concerns all of {dept}.",
            "My phone stays connected at the same place.",
            "It is worst near the window.",
        ],
        findings: &[
            "Access point in {room} is down, no power on {switch}.",
            "Channel 36 is crowded, {count} neighbours.",
            "Driver {version} of the wireless card is known for drops.",
            "RADIUS log on {host} shows wrong certificate.",
        ],
        tasks: &["Survey floor {floor}", "Replace the access point in {room}", "Reset the port on {switch}"],
    },
    Topic {
        category: "Network",
        subcategory: "Switch",
        item: "",
        team: Team::Network,
        template: "Outage",
        share: 12,
        weight: WIDE,
        troubles: &[
            [
                "Outage: no network on floor {floor}",
                "Nobody on floor {floor} has a network connection.",
                "A small switch under a desk had made a loop. It was removed and the port opened again.",
            ],
            [
                "Outage: {switch} not reachable",
                "Monitoring reports that {switch} does not answer.",
                "{switch} was replaced from stock and its configuration restored.",
            ],
            [
                "Whole building in {city} without network",
                "The site in {city} is cut off, telephones included.",
                "The provider has repaired the fibre; the site is back on its main line.",
            ],
            [
                "Network socket {number} dead",
                "Socket {number} in {room} has no link.",
                "The socket was patched to {switch} again; it had been taken out by mistake.",
            ],
        ],
        details: &[
            "About {count} people are concerned.",
            "There was a power cut during the night.",
            "The provider announced works for this week.",
            "Lights on the switch are all orange.",
        ],
        findings: &[
            "{switch} restarts in a loop, power supply defective.",
            "Loop on port 14, storm control has closed it.",
            "Provider confirms a cut fibre, repair expected within {count} hours.",
            "Traffic moved to the backup line.",
        ],
        tasks: &["Replace {switch}", "Inform everybody in {city}", "Write the incident report"],
    },
    Topic {
        category: "Internet",
        subcategory: "Web access",
        item: "",
        team: Team::Network,
        template: "",
        share: 20,
        weight: ONE,
        troubles: &[
            [
                "Web site of a supplier is blocked",
                "The proxy blocks the site of a supplier as gambling.",
                "The site was released for {dept}, and its category corrected with the filter's vendor.",
            ],
            [
                "Internet very slow in {city}",
                "Pages take half a minute to load at our site in {city}.",
                "A backup ran by day. It was moved to the night, the line is free again.",
            ],
            [
                "Proxy asks for credentials",
                "The browser asks for a proxy user name on every page.",
                "The proxy setting of {asset} was corrected.",
            ],
            [
                "Certificate warning on our own portal",
                "Our portal shows a certificate warning.",
                "The certificate on {host} was renewed with its full chain.",
            ],
            [
                "Customer portal not reachable",
                "A customer tells us that our portal is not reachable from the internet.",
                "The rule for {ip} had been lost in a firewall update and was put back.",
            ],
        ],
        details: &[
            "The ticket number of the block page is {number}.",
            "I need it for purchasing.",
            "In the evening it is fast.",
            "All browsers behave the same.",
        ],
        findings: &[
            "Category of the site corrected with the filter's vendor.",
            "Line in {city} is at {count} percent since nine o'clock, a backup runs.",
            "Certificate chain on {host} lacks an intermediate.",
        ],
        tasks: &["Renew the certificate on {host}", "Ask the data protection officer about the site"],
    },
    Topic {
        category: "Hardware",
        subcategory: "Server",
        item: "",
        team: Team::Servers,
        template: "Outage",
        share: 14,
        weight: WIDE,
        troubles: &[
            [
                "Outage: {host} does not answer",
                "{host} does not answer, neither by ping nor by remote desktop.",
                "Space was made on the datastore and {host} was started again. All services run.",
            ],
            [
                "Disk almost full on {host}",
                "Monitoring warns: {count} percent of the disk of {host} are in use.",
                "The log was truncated after a backup and its growth limited.",
            ],
            [
                "{host} slow since the update",
                "Since yesterday's update everything on {host} takes three times as long.",
                "Update {version} was rolled back until the vendor has a correction.",
            ],
            [
                "Backup of {host} failed",
                "The nightly backup of {host} ended with {error}.",
                "The password of the backup account had expired. It was renewed, the backup ran through.",
            ],
            [
                "Outage: {app} down for everybody",
                "{app} is down for everybody since a few minutes ago.",
                "A disk of {host} had failed. It was replaced, {app} is available and the array is rebuilt.",
            ],
        ],
        details: &[
            "It is at {ip}.",
            "The last change was update {version} yesterday evening.",
            "Finance closes the month today.",
            "There are {count} open connections.",
        ],
        findings: &[
            "Transaction log of the database had grown to {count} GB.",
            "Hypervisor shows the machine as paused, datastore full.",
            "Failed disk in slot 3, array is degraded.",
            "Service account password had expired.",
        ],
        tasks: &[
            "Free space on {host}",
            "Replace the disk in slot 3",
            "Test the restore of {host}",
            "Write the incident report",
        ],
    },
    Topic {
        category: "Services",
        subcategory: "File share",
        item: "Restore",
        team: Team::Servers,
        template: "",
        share: 22,
        weight: SHARED,
        troubles: &[
            [
                "Please restore a deleted folder on {host}",
                "Somebody deleted the folder of project {number} on {host}.",
                "The folder was restored from the snapshot of last night.",
            ],
            [
                "File of {dept} overwritten by mistake",
                "I saved over the price list of {dept} by mistake.",
                "The version of yesterday was restored beside the new file.",
            ],
            [
                "Project folder {number} is gone",
                "The folder {number} that {user} and I share is gone since this morning.",
                "It had only been moved into the folder next to it and was moved back.",
            ],
            [
                "Excel file damaged",
                "An Excel file cannot be opened any more, it says that the format is not valid.",
                "The version of yesterday was restored beside the damaged file.",
            ],
        ],
        details: &[
            "The path is \\\\{host}\\projects\\{number}.",
            "Yesterday at noon it was still there.",
            "A version of last week would be enough.",
            "It has about {count} files.",
        ],
        findings: &[
            "Snapshot of last night contains the folder.",
            "Audit log: moved by {user} into the folder next to it.",
            "Restore of {count} files started.",
        ],
        tasks: &["Restore project {number} from backup"],
    },
];
